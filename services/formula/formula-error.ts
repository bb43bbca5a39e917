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

/** What Airtable shows as #ERROR!: one row's values do not fit the formula. Caught by ISERROR and by the filter. */
export class FormulaFault extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'FormulaFault';
  }
}
