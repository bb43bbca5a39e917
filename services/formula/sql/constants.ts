import { createFormulaContext } from '../context';
import { evaluate } from '../evaluate';
import { nodesOf, type Node } from '../syntax';
import { isTruthy, type FormulaValue } from '../values';
import { faultless } from './comparison';

const OF_ROWS: ReadonlySet<string> = new Set(['RECORD_ID', 'CREATED_TIME', 'LAST_MODIFIED_TIME']);

/** A value that is the same for all rows, or an error that is. */
export interface Constant {
  readonly fault: boolean;
  readonly value: FormulaValue;
}

/** Computes what can be computed before rows are read. All of it together may cost as much as one row. */
export interface Constants {
  /** The value of a node that looks at no row; undefined where it does. Throws FormulaTooCostly. */
  valueOf(node: Node): Constant | undefined;
  /** What a node gives that looks at one field, which holds this value. Throws FormulaTooCostly. */
  truthWith(node: Node, value: FormulaValue): 'true' | 'false' | 'fault';
}

/** The names of the fields a node looks at; undefined when it looks at something else of the row. */
export function fieldsOnly(node: Node): Set<string> | undefined {
  const names = new Set<string>();
  for (const part of nodesOf(node)) {
    if (part.kind === 'call' && OF_ROWS.has(part.name)) return undefined;
    if (part.kind === 'field') names.add(part.name);
  }
  return names;
}

/** `now`: ms since 1970, the moment of TODAY() and NOW(). */
export function createConstants(now: number): Constants {
  const context = { ...createFormulaContext(), begin: () => undefined };
  const compute = (node: Node, value: FormulaValue) =>
    faultless(() => ({
      value: evaluate(
        node,
        { recordId: '', createdTime: 0, now, field: () => value, modifiedTime: () => undefined },
        context,
      ),
    }));
  return {
    valueOf(node) {
      if (fieldsOnly(node)?.size !== 0) return undefined;
      const computed = compute(node, null);
      return computed ? { fault: false, value: computed.value } : { fault: true, value: null };
    },
    truthWith(node, value) {
      const computed = compute(node, value);
      return computed ? (isTruthy(computed.value) ? 'true' : 'false') : 'fault';
    },
  };
}
