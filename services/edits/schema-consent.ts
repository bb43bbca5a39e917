import { SagatableError } from '../../contracts/errors';
import { IRREVERSIBLE_KINDS } from '../../contracts/schema-changes';
import type { Tx } from '../database/database';
import { findDependent } from './schema-journal';

const MAX_NAMED = 5;

/** What an approval says of the change set. */
interface Chosen {
  /** Ordinals; all when absent. */
  readonly only?: readonly number[] | undefined;
  readonly acceptIrreversible?: boolean | undefined;
}

/**
 * Throws Conflict `consent_required` where some of what is chosen cannot be undone and the approval does not say
 * `acceptIrreversible`, and InvalidInput `needs_schema_change` where a chosen change needs a table or field whose making is not
 * chosen. Only reads.
 */
export async function assertSchemaConsent(tx: Tx, editId: string, chosen: Chosen): Promise<void> {
  const { rows } = await tx.query<{ ordinal: number; label: string; kind: string }>(
    `SELECT ordinal, label, kind FROM edit_changes WHERE edit_id = $1 AND kind = ANY($2) ORDER BY ordinal`,
    [editId, IRREVERSIBLE_KINDS],
  );
  const only = chosen.only && new Set(chosen.only);
  const made = only ? rows.filter(({ ordinal }) => only.has(ordinal)) : rows;
  for (const left of rows.filter((row) => !made.includes(row))) {
    const needing = await findDependent(tx, editId, left.ordinal, chosen.only ?? []);
    if (needing !== undefined)
      throw new SagatableError(
        'InvalidInput',
        `Change ${needing} needs “${left.label}”, which change ${left.ordinal} makes: choose both or neither.`,
        { code: 'needs_schema_change', details: { ordinal: needing, needs: left.ordinal } },
      );
  }
  if (chosen.acceptIrreversible || made.length === 0) return;
  const names = made
    .slice(0, MAX_NAMED)
    .map(({ label, kind }) => `the ${kind === 'createTable' ? 'table' : 'field'} “${label}”`);
  throw new SagatableError(
    'Conflict',
    `An undo cannot remove ${names.join(', ')}${made.length > MAX_NAMED ? ' and more' : ''}: Airtable’s API deletes no table and no field. Approve with acceptIrreversible: true, or leave that out.`,
    { code: 'consent_required', details: { consent: 'acceptIrreversible', changes: made.length } },
  );
}
