import { ProposeEditInput } from '../../contracts/changes';
import type { ChangeState, EditState } from '../../contracts/edits';
import { SagatableError } from '../../contracts/errors';
import type { AirtableGateway } from '../airtable/gateway';
import type { Config } from '../config';
import type { Database, Tx } from '../database/database';
import { newId } from '../ids';
import type { Liveness } from '../liveness';
import type { Operations } from '../operations/operations';
import { assertNotBuried, buryStep } from '../operations/steps';
import type { Connections } from '../workspaces/connections';
import { applyBatches } from './apply';
import { hashChangeSet } from './canonical';
import { fieldsOf } from './cell-comparison';
import { compensateBatches } from './compensate';
import type { DraftedChange } from './draft';
import { insertEdit, moveEdit, offerEdit, readEdit, readRequest, type EditRow } from './edit-rows';
import { countStates, insertChanges, readEntries } from './journal';
import { acquireLease, releaseLease } from './leases';
import { planChanges } from './plan';
import { previewChanges, type Preview } from './preview';
import { planRevert } from './revert';
import type { ChunkResult, EditRun } from './run';
import type { TableSchema } from '../../contracts/airtable';

/** A proposal nobody decided on within this time has to be made again: the base moves on. */
const EXPIRES_IN_HOURS = 72;
const CHUNK_MILLISECONDS = 30_000;
/** The step of workflows/edits.ts whose tombstone shuts out attempts that wake late. */
const APPLY_STEP = 'apply';
/** How soon to ask again for a base that another edit holds. */
const LEASE_POLL_MS = 5_000;
/** States in which something of the edit is, or may be, in the base after its compensation. */
const LEFT_OVER: readonly ChangeState[] = [
  'landed',
  'intended',
  'undo_intended',
  'undo_conflict',
  'undo_unknown',
  'unknown',
];

export interface EditRef {
  readonly workspaceId: string;
  readonly editId: string;
  readonly operationId: string;
}

export interface Proposal {
  readonly workspaceId: string;
  readonly actor: string;
  readonly input: ProposeEditInput;
  readonly planner: string | null;
  readonly chatId: string | null;
  /** Given by callers that may repeat themselves after a crash. */
  readonly editId?: string;
}

interface Dependencies {
  readonly db: Database;
  readonly gateway: AirtableGateway;
  readonly connections: Connections;
  readonly operations: Operations;
  readonly config: Pick<Config, 'lateWriteSeconds' | 'chunkBatches'>;
}

/** Planning, applying and taking back edits. Everything is driven from the journal and may be repeated from any point. */
export function createEdits({ db, gateway, connections, operations, config }: Dependencies) {
  /** The connection through which a base is reached: the one named, else the first that shows it. */
  async function connectionFor(
    workspaceId: string,
    baseId: string,
    connectionId: string | undefined,
  ): Promise<string> {
    const candidates =
      connectionId === undefined
        ? await connections.list(workspaceId)
        : [await connections.get(workspaceId, connectionId)];
    for (const { id } of candidates) {
      const bases = await (await gateway.open({ workspaceId, id }, 'interactive')).listBases();
      if (bases.some((b) => b.id === baseId)) return id;
    }
    throw new SagatableError('NotFound', `No connection of this workspace reaches the base ${baseId}.`, {
      code: 'unknown_base',
    });
  }

  async function offer(
    edit: EditRow,
    drafted: readonly DraftedChange[],
    tables: readonly TableSchema[],
    baseName: string,
    warnings: readonly string[],
  ) {
    const { preview, groupKeys } = previewChanges(drafted, tables, warnings);
    const hash = hashChangeSet(
      { connectionId: edit.connection_id, baseId: edit.base_id },
      drafted.map((d) => d.change),
    );
    await db.tenant(edit.workspace_id, async (tx) => {
      const first = await offerEdit(tx, edit.id, {
        baseName,
        hash,
        preview,
        expiresInHours: EXPIRES_IN_HOURS,
      });
      if (first) await insertChanges(tx, edit.workspace_id, edit.id, drafted, groupKeys);
    });
  }

  /** Plans a staged edit or revert: reads, computes the change set and its preview, opens it for approval. Writes nothing to the base. */
  async function plan(ref: { workspaceId: string; editId: string }, live: Liveness): Promise<void> {
    const edit = await db.tenant(ref.workspaceId, (tx) => readEdit(tx, ref.editId));
    if (edit.state !== 'planning') return;
    const client = await gateway.open({ workspaceId: ref.workspaceId, id: edit.connection_id }, 'bulk');
    const base = (await client.listBases()).find((b) => b.id === edit.base_id);
    const schema = await client.getBaseSchema(edit.base_id);
    const reading = {
      client,
      baseId: edit.base_id,
      signal: live.signal,
      alive: (n: number) => live.heartbeat({ recordsRead: n }),
    };
    const baseName = base?.name ?? edit.base_id;
    if (edit.kind === 'edit') {
      const request = ProposeEditInput.parse(
        await db.tenant(ref.workspaceId, (tx) => readRequest(tx, ref.editId)),
      );
      await offer(edit, await planChanges({ ...reading, schema }, request), schema.tables, baseName, []);
      return;
    }
    const reverted = await db.tenant(ref.workspaceId, async (tx) => {
      const original = await readEdit(tx, edit.revert_of ?? '');
      return {
        preview: previewOf(original),
        landed: await readEntries(
          tx,
          original.id,
          ['landed', 'undo_conflict', 'undo_intended'],
          Number.MAX_SAFE_INTEGER,
          'backwards',
        ),
      };
    });
    const { drafted, warnings } = await planRevert(
      { ...reading, fields: fieldsOf(reverted.preview), tables: reverted.preview.tables },
      reverted.landed,
    );
    await offer(edit, drafted, schema.tables, baseName, warnings);
  }

  /** Runs one chunk under the base's lease; asks the caller to wait while another edit has it. */
  async function underLease(
    ref: EditRef,
    live: Liveness,
    message: string,
    work: (run: EditRun) => Promise<ChunkResult>,
  ): Promise<ChunkResult> {
    const edit = await db.tenant(ref.workspaceId, (tx) => readEdit(tx, ref.editId));
    const preview = previewOf(edit);
    const total = preview.counts.changes;
    const lease = await acquireLease(db, ref.workspaceId, edit.base_id, edit.id);
    if (!lease) return { state: 'wait', waitMs: LEASE_POLL_MS, done: 0, total };
    try {
      const counts = await db.tenant(ref.workspaceId, async (tx) => {
        // After the lease was taken: who took it before the tombstone loses it to the compensation, who takes it
        // after finds the tombstone.
        if (message === 'Applying') await assertNotBuried(tx, ref.operationId, APPLY_STEP);
        return countStates(tx, edit.id);
      });
      const open =
        message === 'Applying'
          ? (counts.pending ?? 0) + (counts.intended ?? 0)
          : (counts.landed ?? 0) + (counts.intended ?? 0) + (counts.undo_intended ?? 0);
      return await work({
        db,
        operations,
        client: await gateway.open({ workspaceId: ref.workspaceId, id: edit.connection_id }, 'bulk'),
        lease,
        ...ref,
        baseId: edit.base_id,
        fields: fieldsOf(preview),
        tables: preview.tables,
        policy: edit.conflicts,
        lateWriteMs: config.lateWriteSeconds * 1_000,
        signal: live.signal,
        progress: { done: total - open, total, message },
      });
    } finally {
      await releaseLease(db, lease);
    }
  }

  const limits = { batches: config.chunkBatches, milliseconds: CHUNK_MILLISECONDS };

  return {
    connectionFor,
    plan,

    /** Stores a proposal and plans it at once. Throws InvalidInput, in words for the proposer, when it makes no sense; the edit then is `failed`. */
    async propose(
      p: Proposal,
      live: Liveness,
    ): Promise<{
      editId: string;
      headline: string;
      counts: Preview['counts'];
      warnings: string[];
      hash: string;
    }> {
      const editId = p.editId ?? newId('edit');
      const connectionId = await connectionFor(p.workspaceId, p.input.baseId, p.input.connectionId);
      const { workspaceId, planner, chatId } = p;
      await db.tenant(workspaceId, (tx) =>
        insertEdit(tx, {
          id: editId,
          workspaceId,
          kind: 'edit',
          connectionId,
          baseId: p.input.baseId,
          request: p.input,
          note: p.input.note ?? null,
          planner,
          proposedBy: p.actor,
          chatId,
          revertOf: null,
          operationId: null,
        }),
      );
      try {
        await plan({ workspaceId, editId }, live);
      } catch (error) {
        // What passes by itself is tried again under the same id; only a proposal that makes no sense has failed.
        if (live.signal.aborted || !(error instanceof SagatableError) || error.retryable) throw error;
        await db.tenant(workspaceId, (tx) => moveEdit(tx, editId, ['planning'], 'failed', error.message));
        throw error;
      }
      const edit = await db.tenant(workspaceId, (tx) => readEdit(tx, editId));
      const { headline, counts, warnings } = previewOf(edit);
      return { editId, headline, counts, warnings, hash: edit.hash ?? '' };
    },

    /** Marks a proposal that could not be planned, so that it says so instead of waiting for ever. */
    failPlanning: (workspaceId: string, editId: string, reason: string) =>
      db.tenant(workspaceId, (tx) => moveEdit(tx, editId, ['planning'], 'failed', reason)),

    /** Leaves out what the approval did not choose; an option is carried by the records that use it. Throws InvalidInput for an ordinal that is not there. */
    async choose(tx: Tx, editId: string, only: readonly number[] | undefined): Promise<void> {
      if (only === undefined) return;
      const known = await tx.query('SELECT 1 FROM edit_changes WHERE edit_id = $1 AND ordinal = ANY($2)', [
        editId,
        only,
      ]);
      if (known.rowCount !== new Set(only).size) {
        throw new SagatableError(
          'InvalidInput',
          '`only` names changes that this change set does not have: use the ordinals of its preview.',
          { code: 'unknown_change' },
        );
      }
      await tx.query(
        `UPDATE edit_changes SET state = 'skipped', reason = 'not chosen' WHERE edit_id = $1 AND NOT ordinal = ANY($2) AND kind <> 'createOption'`,
        [editId, only],
      );
    },

    /** Applies the next chunk of an approved edit. */
    async applyChunk(ref: EditRef, live: Liveness): Promise<ChunkResult> {
      const mayWrite = await db.tenant(ref.workspaceId, async (tx) => {
        const edit = await readEdit(tx, ref.editId);
        await moveEdit(tx, ref.editId, ['approved'], 'applying');
        const { rows } = await tx.query<{ writable: boolean }>(
          'SELECT writable FROM connections WHERE id = $1',
          [edit.connection_id],
        );
        return rows[0]?.writable ?? false;
      });
      if (!mayWrite)
        throw new SagatableError(
          'Forbidden',
          'The connection is read-only: switch it on to let edits write.',
          { code: 'connection_read_only' },
        );
      return underLease(ref, live, 'Applying', (run) => applyBatches(run, limits));
    },

    /** Takes back the next chunk of what an edit has written. From the first of them on no attempt to apply writes any more. */
    async compensateChunk(ref: EditRef, live: Liveness): Promise<ChunkResult> {
      await buryStep(db, { workspaceId: ref.workspaceId, operationId: ref.operationId, step: APPLY_STEP });
      return underLease(ref, live, 'Undoing', (run) => compensateBatches(run, limits));
    },

    /** Closes an edit by what its journal says: applied, or after compensation rolled back or in need of review. */
    conclude(
      ref: EditRef,
      compensated: boolean,
      reason: string | null,
    ): Promise<{ outcome: Partial<Record<ChangeState, number>>; leftOver: number }> {
      return db.tenant(ref.workspaceId, async (tx) => {
        // A late attempt that says `applied` must not spoil the end of a compensation.
        if (!compensated) await assertNotBuried(tx, ref.operationId, APPLY_STEP);
        const outcome = await countStates(tx, ref.editId);
        const unclear = (outcome.unknown ?? 0) + (outcome.failed ?? 0);
        const leftOver = compensated ? LEFT_OVER.reduce((n, state) => n + (outcome[state] ?? 0), 0) : unclear;
        const state = leftOver > 0 ? 'needs_review' : compensated ? 'rolled_back' : 'applied';
        const from: readonly EditState[] = compensated
          ? ['approved', 'applying', 'applied', 'needs_review']
          : ['approved', 'applying', 'applied'];
        await moveEdit(tx, ref.editId, from, state, reason);
        return { outcome, leftOver };
      });
    },
  };
}

function previewOf(edit: EditRow): Preview {
  if (!edit.preview)
    throw new SagatableError('Conflict', 'The edit has not been planned yet.', { code: 'edit_not_ready' });
  return edit.preview;
}

export type Edits = ReturnType<typeof createEdits>;
