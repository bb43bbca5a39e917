import { SagatableError } from '../../contracts/errors';

/** A formula that cannot be read. `position` counts characters from 0; `unknownFields` is filled when names are the reason. */
export class FormulaError extends SagatableError {
  constructor(
    message: string,
    readonly position: number,
    readonly unknownFields: readonly string[] = [],
  ) {
    super('InvalidInput', message, { code: 'invalid_formula', details: { position } });
  }
}

/** A formula that would compute too long for one row. Unlike a fault it is not the row's: ISERROR does not catch it. */
export class FormulaTooCostly extends SagatableError {
  constructor() {
    super('InvalidInput', 'The formula computes too much for one record: make it or its texts shorter', {
      code: 'formula_too_costly',
    });
  }
}

/** What Airtable shows as #ERROR!: one row's values do not fit the formula. Caught by ISERROR and by the filter. */
export class FormulaFault extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'FormulaFault';
  }
}
