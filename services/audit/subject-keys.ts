import { randomBytes, randomUUID } from 'node:crypto';
import type { Tx } from '../database/database';
import { openText, sealText, type KeyRing } from '../encryption';

/** The key with which values about one record are sealed. */
export interface SubjectKey {
  readonly id: string;
  readonly key: Buffer;
}

interface Row {
  readonly subject: string;
  readonly key_id: string;
  readonly sealed_key: string | null;
}

const contextOf = (workspaceId: string, baseId: string, subject: string) =>
  `audit/${workspaceId}/${baseId}/${subject}`;

/** The keys of subjects of a base, by subject; made where there is none, or where it was destroyed. */
export async function ensureKeys(
  tx: Tx,
  ring: KeyRing,
  workspaceId: string,
  baseId: string,
  subjects: readonly string[],
): Promise<Map<string, SubjectKey>> {
  const wanted = [...new Set(subjects)].sort();
  const fresh = wanted.map((subject) => ({
    subject,
    key_id: randomUUID(),
    sealed_key: sealText(ring, randomBytes(32).toString('base64'), contextOf(workspaceId, baseId, subject)),
  }));
  // The update is what makes the row come back, and what keeps an erasure out until the values are stored.
  const { rows } = await tx.query<Row & Record<string, unknown>>(
    `INSERT INTO audit_subjects AS s (workspace_id, base_id, subject, key_id, sealed_key)
     SELECT $1, $2, r.subject, r.key_id, r.sealed_key
     FROM jsonb_to_recordset($3::jsonb) AS r(subject text, key_id uuid, sealed_key text)
     ON CONFLICT (workspace_id, base_id, subject) DO UPDATE SET
       key_id = CASE WHEN s.sealed_key IS NULL THEN excluded.key_id ELSE s.key_id END,
       sealed_key = coalesce(s.sealed_key, excluded.sealed_key)
     RETURNING subject, key_id, sealed_key`,
    [workspaceId, baseId, JSON.stringify(fresh)],
  );
  return openKeys(ring, workspaceId, baseId, rows);
}

/** The keys that are still there, by subject. */
export async function readKeys(
  tx: Tx,
  ring: KeyRing,
  workspaceId: string,
  baseId: string,
  subjects: readonly string[],
): Promise<Map<string, SubjectKey>> {
  const { rows } = await tx.query<Row & Record<string, unknown>>(
    'SELECT subject, key_id, sealed_key FROM audit_subjects WHERE base_id = $1 AND subject = ANY($2)',
    [baseId, subjects],
  );
  return openKeys(ring, workspaceId, baseId, rows);
}

/**
 * Destroys the keys with which values about a record were sealed: its own, and those of rows that tell of it under another name
 * (it came back as another record, or its creation had no known end). Nothing sealed with them can ever be read again. Returns
 * when that was done.
 */
export async function destroyKeys(
  tx: Tx,
  ref: { workspaceId: string; baseId: string; recordId: string },
  by: string,
): Promise<Date> {
  const { rows: told } = await tx.query<{ subject: string }>(
    `WITH own AS (SELECT DISTINCT edit_id, ordinal FROM audit_changes WHERE base_id = $1 AND (record_id = $2 OR subject = $2))
     SELECT DISTINCT a.subject FROM audit_changes a JOIN own USING (edit_id, ordinal) WHERE a.subject <> a.table_id`,
    [ref.baseId, ref.recordId],
  );
  // In the order in which `ensureKeys` takes them.
  const subjects = [...new Set([ref.recordId, ...told.map(({ subject }) => subject)])].sort();
  let at = new Date();
  for (const subject of subjects) at = await destroyKey(tx, { ...ref, subject }, by);
  return at;
}

/** Destroys all keys of a workspace that is being deleted: its trail stays, without values. */
export async function destroyKeysOf(tx: Tx, workspaceId: string): Promise<void> {
  await tx.query(
    `UPDATE audit_subjects SET sealed_key = NULL, erased_at = now(), erased_by = 'system'
     WHERE workspace_id = $1 AND sealed_key IS NOT NULL`,
    [workspaceId],
  );
}

/** Destroys the key of a subject: whatever was sealed with it can never be read again. Returns when it was first done. */
async function destroyKey(
  tx: Tx,
  ref: { workspaceId: string; baseId: string; subject: string },
  by: string,
): Promise<Date> {
  // Also for a subject that is not known: whoever has it erased must not learn from the answer whether it was.
  const { rows } = await tx.query<{ erased_at: Date }>(
    `INSERT INTO audit_subjects AS s (workspace_id, base_id, subject, key_id, erased_at, erased_by)
     VALUES ($1, $2, $3, $4, now(), $5)
     ON CONFLICT (workspace_id, base_id, subject) DO UPDATE SET sealed_key = NULL, erased_at = now(), erased_by = $5
     RETURNING erased_at`,
    [ref.workspaceId, ref.baseId, ref.subject, randomUUID(), by],
  );
  return rows[0]?.erased_at ?? new Date();
}

function openKeys(
  ring: KeyRing,
  workspaceId: string,
  baseId: string,
  rows: readonly Row[],
): Map<string, SubjectKey> {
  const keys = new Map<string, SubjectKey>();
  for (const { subject, key_id: id, sealed_key: sealed } of rows) {
    if (sealed === null) continue;
    const key = Buffer.from(openText(ring, sealed, contextOf(workspaceId, baseId, subject)), 'base64');
    keys.set(subject, { id, key });
  }
  return keys;
}
