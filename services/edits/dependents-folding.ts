import type { Cells } from '../../contracts/airtable';
import { equalCells, nameFields, type FieldsById } from './cell-comparison';
import type { JournalEntry } from './journal';

/** What several edits did to a base as if one had done it, and what of it cannot be taken back in one go. */
export interface Folded {
  readonly entries: JournalEntry[];
  /** Older results that somebody else had changed before a newer edit wrote: they stay as that one found them. */
  readonly interrupted: string[];
}

/**
 * Makes one entry a record of what several edits wrote to it, one after the other: what the newest wrote, with what the base
 * held before the oldest. Taking that back is taking back the newer first and then the older, in one go. Where an older
 * result was no longer there when the newer edit wrote, only the newer part counts. `entries` come newest first.
 */
export function foldEntries(fields: FieldsById, entries: readonly JournalEntry[]): Folded {
  const folded: Array<JournalEntry | undefined> = [];
  const places = new Map<string, number>();
  const interrupted: string[] = [];
  for (const entry of entries) {
    const { recordId } = entry;
    const place = recordId === null ? undefined : places.get(recordId);
    const newer = place === undefined ? undefined : folded[place];
    if (place === undefined || newer === undefined) {
      if (recordId !== null) places.set(recordId, folded.length);
      folded.push(entry);
      continue;
    }
    const merged = merge(fields, newer, entry);
    folded[place] = merged.entry;
    if (merged.interrupted.length) {
      const who = entry.label ?? recordId ?? 'a record';
      interrupted.push(`${who}: ${nameFields(fields, merged.interrupted)}`);
    }
  }
  return { entries: folded.filter((entry) => entry !== undefined), interrupted };
}

interface Merged {
  /** Undefined where the two come to nothing. */
  readonly entry: JournalEntry | undefined;
  readonly interrupted: readonly string[];
}

function merge(fields: FieldsById, newer: JournalEntry, older: JournalEntry): Merged {
  const { change: now } = newer;
  const { change: before } = older;
  if (before.kind === 'update') {
    const back = Object.fromEntries(
      Object.entries(before.cells).map(([id, cell]) => [
        id,
        {
          after: cell.after,
          found: older.found && id in older.found ? (older.found[id] ?? null) : cell.before,
        },
      ]),
    );
    const left = heldBy(newer);
    // A record that is gone held all its cells; an update names only those that it wrote.
    const meets = (id: string) => now.kind === 'delete' || id in left;
    const interrupted = Object.keys(back).filter(
      (id) => meets(id) && !equalCells(fields, id, left[id], back[id]?.after),
    );
    const taken = Object.keys(back).filter((id) => !interrupted.includes(id));
    const found: Cells = { ...left, ...Object.fromEntries(taken.map((id) => [id, back[id]?.found ?? null])) };
    if (now.kind === 'delete') return { entry: { ...newer, found }, interrupted };
    if (now.kind !== 'update') return { entry: newer, interrupted: Object.keys(back) };
    const cells = Object.fromEntries(
      Object.keys(found).map((id) => [
        id,
        { before: found[id] ?? null, after: (id in now.cells ? now.cells[id] : back[id])?.after ?? null },
      ]),
    );
    return { entry: { ...newer, found, change: { ...now, cells } }, interrupted };
  }
  if (before.kind !== 'create') return { entry: newer, interrupted: [] };
  const created = older.found ?? before.cells;
  const left = heldBy(newer);
  const compared = now.kind === 'delete' ? Object.keys({ ...created, ...left }) : Object.keys(left);
  const interrupted = compared.filter((id) => !equalCells(fields, id, left[id], created[id]));
  if (interrupted.length) return { entry: newer, interrupted };
  if (now.kind === 'delete') return { entry: undefined, interrupted };
  if (now.kind !== 'update') return { entry: newer, interrupted };
  const written = Object.fromEntries(Object.entries(now.cells).map(([id, cell]) => [id, cell.after]));
  return { entry: { ...older, found: { ...created, ...written } }, interrupted };
}

/** What the base held just before an entry wrote. */
function heldBy({ change, found }: JournalEntry): Cells {
  if (change.kind === 'update') {
    return Object.fromEntries(
      Object.entries(change.cells).map(([id, cell]) => [
        id,
        found && id in found ? (found[id] ?? null) : cell.before,
      ]),
    );
  }
  return found ?? (change.kind === 'delete' ? change.before : {});
}
