import { readInstant } from '../cells/dates';
import type { Node } from './syntax';

/** What every row that a formula keeps must have; a database can look for that before rows are evaluated. */
export interface Prefilter {
  readonly ids?: ReadonlySet<string>;
  /** ms since 1970: the record was created after this. */
  readonly createdAfter?: number;
}

function isCall(node: Node | undefined, name: string): boolean {
  return node?.kind === 'call' && node.name === name;
}

function ofEquality(left: Node, right: Node): Prefilter {
  const id = isCall(left, 'RECORD_ID') ? right : isCall(right, 'RECORD_ID') ? left : undefined;
  return id?.kind === 'text' ? { ids: new Set([id.value]) } : {};
}

function ofAll(parts: readonly Prefilter[]): Prefilter {
  return parts.reduce((all, part) => {
    const ids =
      all.ids && part.ids ? new Set([...all.ids].filter((id) => part.ids?.has(id))) : (all.ids ?? part.ids);
    const after = Math.max(all.createdAfter ?? -Infinity, part.createdAfter ?? -Infinity);
    return { ...(ids && { ids }), ...(after > -Infinity && { createdAfter: after }) };
  }, {});
}

function ofAny(parts: readonly Prefilter[]): Prefilter {
  const ids = new Set<string>();
  for (const part of parts) {
    if (!part.ids) return {};
    for (const id of part.ids) ids.add(id);
  }
  return { ids };
}

/** Reads out of a formula which record ids it can keep (`RECORD_ID()='rec…'`, OR and AND of those) and from when on. */
export function prefilterOf(node: Node): Prefilter {
  if (node.kind === 'binary' && node.operator === '=') return ofEquality(node.left, node.right);
  if (node.kind !== 'call') return {};
  if (node.name === 'AND') return ofAll(node.args.map(prefilterOf));
  if (node.name === 'OR') return ofAny(node.args.map(prefilterOf));
  const [subject, limit] = node.args;
  if (node.name === 'IS_AFTER' && isCall(subject, 'CREATED_TIME') && limit?.kind === 'text') {
    const after = readInstant(limit.value.trim());
    return after === undefined ? {} : { createdAfter: after };
  }
  return {};
}
