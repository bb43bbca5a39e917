import { createHash } from 'node:crypto';
import type { Change } from '../../contracts/changes';

/** JSON with sorted keys: the same value always gives the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** SHA-256 over where the change set goes and each change in order: what an approval is bound to. */
export function createChangeSetHash(target: { connectionId: string; baseId: string }): {
  add(change: Change): void;
  /** Ends it: nothing can be added afterwards. */
  digest(): string;
} {
  const hash = createHash('sha256').update(canonicalJson(target));
  return {
    add(change) {
      hash.update('\n').update(canonicalJson(change));
    },
    digest: () => hash.digest('hex'),
  };
}
