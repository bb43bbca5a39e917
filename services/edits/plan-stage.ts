import { randomUUID } from 'node:crypto';
import { MAX_CHANGES } from '../../contracts/changes';
import { SagatableError } from '../../contracts/errors';
import type { Database, Tx } from '../database/database';
import type { DraftedChange } from './draft';
import {
  claimPlan,
  clearPlanned,
  discardPlanned,
  holdPlan,
  readPlanned,
  readPlannedPage,
  readPlannedTables,
  writePlanned,
  type PlanClaim,
  type PlannedRow,
} from './planned-rows';
import { DRAFT_KINDS, kindOf, mergeDrafts, toDrafted, type RecordDraft } from './record-drafts';

/** What of a plan is in memory at once, whatever its size: so many changes, of so many characters together. */
export const PLAN_PAGE = { rows: 500, characters: 4_000_000 } as const;

type Held = Pick<PlannedRow, 'seq' | 'draft'>;
/** Runs queries in a transaction, its own or the caller's. */
export type Reading = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

/**
 * Takes what is planned record by record and gives it back as canonical changes in order of application: creations, updates,
 * deletions, neighbours of one table. A small plan stays in memory; of a larger one a page does, and the rest is stored until
 * it is a change set.
 */
export class PlanStage {
  private readonly held = new Map<string, Held>();
  private claim: PlanClaim | undefined;
  private characters = 0;
  private stored = 0;
  private seen = 0;

  constructor(
    private readonly db: Database,
    private readonly of: { readonly workspaceId: string; readonly editId: string },
  ) {}

  /** Adds to what is planned for a record. Throws InvalidInput `too_many_changes`; Conflict where another attempt plans. */
  async add(draft: RecordDraft): Promise<void> {
    const seq = this.seen++;
    const subject = subjectOf(draft, seq);
    const earlier = this.held.get(subject);
    this.held.set(
      subject,
      earlier ? { seq: earlier.seq, draft: mergeDrafts(earlier.draft, draft) } : { seq, draft },
    );
    this.characters += JSON.stringify(draft).length;
    if (this.held.size >= PLAN_PAGE.rows || this.characters >= PLAN_PAGE.characters) await this.store();
  }

  /** The changes page by page, read by `read` where they are stored. May be gone through more than once. */
  async *pages(read: Reading): AsyncGenerator<DraftedChange[]> {
    if (!this.claim) {
      const drafted = inOrder([...this.held.values()]).map(({ draft }) => toDrafted(draft));
      if (drafted.length) yield drafted;
      return;
    }
    await this.store();
    const { editId } = this.of;
    const tables = await read((tx) => readPlannedTables(tx, editId));
    for (const kind of DRAFT_KINDS) {
      for (const { tableId } of tables.filter((t) => t.kind === kind)) {
        for (let after = -1; ;) {
          const page = await read((tx) => readPlannedPage(tx, editId, { kind, tableId, after }, PLAN_PAGE));
          const last = page.at(-1);
          if (!last) break;
          yield page.map(({ draft }) => toDrafted(draft));
          after = last.seq;
        }
      }
    }
  }

  /** Locks the edit for the transaction that makes this its change set; false when it has one. Throws Conflict as `add`. */
  hold(tx: Tx): Promise<boolean> {
    return holdPlan(tx, this.of, this.claim?.attempt ?? null);
  }

  /** Forgets what was stored, by an attempt that died too, in the transaction that made this the change set. */
  clear(tx: Tx): Promise<void> {
    return clearPlanned(tx, this.of.editId);
  }

  /** Forgets what was stored by a plan that came to nothing, unless another attempt plans by now. */
  async discard(): Promise<void> {
    const { claim } = this;
    if (claim) await this.db.tenant(claim.workspaceId, (tx) => discardPlanned(tx, claim));
  }

  private async store(): Promise<void> {
    if (this.held.size === 0) return;
    const { of, held } = this;
    const claim = this.claim ?? { ...of, attempt: randomUUID() };
    await this.db.tenant(of.workspaceId, async (tx) => {
      if (!this.claim) await claimPlan(tx, claim);
      const known = this.claim ? await readPlanned(tx, claim, [...held.keys()]) : new Map<string, Held>();
      const rows = [...held].map(([subject, later]) => toRow(subject, known.get(subject), later));
      await writePlanned(tx, claim, rows);
      this.stored += held.size - known.size;
    });
    this.claim = claim;
    held.clear();
    this.characters = 0;
    if (this.stored <= MAX_CHANGES) return;
    throw new SagatableError(
      'InvalidInput',
      `An edit holds at most ${MAX_CHANGES.toLocaleString('en')} changes: narrow it down or split it.`,
      { code: 'too_many_changes' },
    );
  }
}

/** What a draft is about, so that two of the same are one. */
function subjectOf({ recordId, restores }: RecordDraft, seq: number): string {
  return recordId ?? (restores === undefined ? `new ${seq}` : `return of ${restores}`);
}

function toRow(subject: string, earlier: Held | undefined, later: Held): PlannedRow {
  const draft = earlier ? mergeDrafts(earlier.draft, later.draft) : later.draft;
  const size = JSON.stringify(draft).length;
  return {
    subject,
    seq: earlier?.seq ?? later.seq,
    kind: kindOf(draft),
    table_id: draft.tableId,
    size,
    draft,
  };
}

/** As `pages` gives them: by kind, then by table in the order in which the tables first come. */
function inOrder(held: readonly Held[]): Held[] {
  return DRAFT_KINDS.flatMap((kind) => {
    const tables = new Map<string, Held[]>();
    for (const one of held) {
      if (kindOf(one.draft) !== kind) continue;
      const same = tables.get(one.draft.tableId);
      if (same) same.push(one);
      else tables.set(one.draft.tableId, [one]);
    }
    return [...tables.values()].flat();
  });
}
