import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AuditValues, type AuditEvent } from '../../contracts/audit';
import type { Cells } from '../../contracts/airtable';
import type { Change } from '../../contracts/changes';
import { canonicalJson } from '../edits/canonical';
import { decrypt, encrypt } from '../encryption';
import type { SubjectKey } from './subject-keys';

/** Facts of a row that its digest is bound to, besides the values. */
export interface DigestedFacts {
  readonly workspaceId: string;
  readonly editId: string;
  readonly ordinal: number;
  readonly baseId: string;
  readonly recordId: string | null;
  readonly kind: string;
  readonly event: AuditEvent;
}

const Sealed = AuditValues.extend({ salt: z.string() });

/** Seals values for one row and digests them. The salt keeps a digest from being guessed back once the key is destroyed. */
export function sealValues(
  key: SubjectKey,
  facts: DigestedFacts,
  values: AuditValues,
): { sealed: Buffer; digest: string } {
  const salt = randomBytes(16).toString('base64');
  return {
    sealed: encrypt(key.key, Buffer.from(JSON.stringify({ ...values, salt })), facts.workspaceId),
    digest: digest(facts, values, salt),
  };
}

/** Opens what `sealValues` sealed. Throws where the digest is not that of the row: one of the two was changed. */
export function openValues(
  key: SubjectKey,
  facts: DigestedFacts,
  stored: { sealed: Uint8Array; digest: string },
): AuditValues {
  const text = decrypt(key.key, stored.sealed, facts.workspaceId).toString('utf8');
  const { salt, ...values } = Sealed.parse(JSON.parse(text));
  if (digest(facts, values, salt) !== stored.digest)
    throw new Error(`the audit row ${facts.editId}/${facts.ordinal} does not match its values`);
  return values;
}

function digest(facts: DigestedFacts, values: AuditValues, salt: string): string {
  return createHash('sha256').update(canonicalJson({ facts, values, salt })).digest('hex');
}

/** What an event of a change made of the cells: `found` is what the base held just before ours, or a created record's cells. */
export function valuesOf(change: Change, event: AuditEvent, found: Cells | null): AuditValues {
  const { before, after } = written(change, found);
  return event === 'undone' ? { before: after, after: before } : { before, after };
}

function written(change: Change, found: Cells | null): AuditValues {
  switch (change.kind) {
    case 'update': {
      const cells = Object.entries(change.cells);
      const before = cells.map(([id, c]) => [id, found && id in found ? (found[id] ?? null) : c.before]);
      return {
        before: Object.fromEntries(before) as Cells,
        after: Object.fromEntries(cells.map(([id, c]) => [id, c.after])),
      };
    }
    case 'create':
      return { before: {}, after: { ...change.cells, ...found } };
    case 'delete':
      return { before: found ?? change.before, after: {} };
    case 'createOption':
      return { before: {}, after: { [change.fieldId]: change.name } };
    case 'createTable':
      return {
        before: {},
        after: { name: change.name, fields: change.fields.map(({ name, type }) => ({ name, type })) },
      };
    case 'createField':
      return { before: {}, after: { name: change.field.name, type: change.field.type } };
    default:
      return { before: { [change.kind]: change.before }, after: { [change.kind]: change.after } };
  }
}
