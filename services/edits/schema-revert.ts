import type { BaseSchema } from '../../contracts/airtable';
import type { SchemaCreation, SchemaNaming } from '../../contracts/schema-changes';
import type { DraftedChange } from './draft';
import type { JournalEntry } from './journal';
import { asSchemaEntry } from './schema-journal';
import { findTaken, isRenaming, presentText } from './schema-look';
import { findLeftovers, isMarked, markOf } from './schema-marks';

/** What of an edit's schema changes goes back, what stays, and what to say of it. */
export interface SchemaRevert {
  readonly drafted: DraftedChange[];
  readonly kept: string[];
  readonly warnings: string[];
}

interface Reverting {
  readonly schema: BaseSchema;
  /** The edit that is taken back: what stays in the base is marked with it. */
  readonly revertOf: string;
}

/** What a name or description goes back to, newer changes of the same included. */
interface Naming {
  readonly change: SchemaNaming;
  readonly label: string | null;
  before: string;
}

/**
 * The schema changes among `landed`, newest first, turned back: names and descriptions that are still as the edit left them go
 * back; what it made is renamed and marked, since no call of the Web API removes it.
 */
export function planSchemaRevert(r: Reverting, landed: readonly JournalEntry[]): SchemaRevert {
  const drafted: DraftedChange[] = [];
  const kept: string[] = [];
  const namings = new Map<string, Naming>();
  let marked = 0;
  for (const entry of landed) {
    const change = asSchemaEntry(entry)?.change;
    if (!change) continue;
    if (change.kind === 'createTable' || change.kind === 'createField') {
      const marks = markLeftovers(r, change, entry, kept);
      marked += marks.length;
      drafted.push(...marks);
    } else gather(namings, entry, change);
  }
  for (const naming of namings.values()) {
    const back = nameBack(r.schema, naming);
    if (typeof back === 'string') kept.push(`${naming.label ?? naming.change.tableId}: ${back}`);
    else if (back) drafted.push({ change: back, label: naming.label });
  }
  const warnings = marked
    ? [
        'Tables and fields that the edit made stay, since Airtable’s API cannot delete one: they are renamed and marked.',
      ]
    : [];
  return { drafted, kept, warnings };
}

/** An older change of the same is one with the newer, where that found what the older had left. */
function gather(namings: Map<string, Naming>, entry: JournalEntry, change: SchemaNaming): void {
  const found = entry.found?.[isRenaming(change) ? 'name' : 'description'];
  const before = typeof found === 'string' ? found : change.before;
  const key = `${change.kind} ${'fieldId' in change ? change.fieldId : change.tableId}`;
  const newer = namings.get(key);
  if (!newer) namings.set(key, { change, label: entry.label, before });
  else if (newer.before === change.after) newer.before = before;
}

/** A sentence where it stays, undefined where it is as it was. */
function nameBack(schema: BaseSchema, { change, before }: Naming): SchemaNaming | string | undefined {
  const now = presentText(schema, change);
  if (now === undefined) return 'was deleted since';
  if (now === before) return undefined;
  if (now !== change.after) return isRenaming(change) ? 'renamed since' : 'its description was changed since';
  const taken = findTaken(schema, change, before);
  if (taken !== undefined) return `its name was given to another since: ${taken}`;
  return { ...change, before: now, after: before };
}

function markLeftovers(
  { schema, revertOf }: Reverting,
  change: SchemaCreation,
  entry: JournalEntry,
  kept: string[],
): DraftedChange[] {
  const ours = change.kind === 'createTable' ? change.name : change.field.name;
  const left = findLeftovers(schema, change, new Map(Object.entries(entry.made ?? {})));
  const [own] = left;
  if (!own) kept.push(`${ours}: was deleted since`);
  else if (own.name !== ours && !isMarked(own, revertOf)) {
    kept.push(`${ours}: is called “${own.name}” by now, and stays so`);
    return [];
  }
  return left.flatMap((one): DraftedChange[] => {
    if (isMarked(one, revertOf)) return [];
    const { tableId, fieldId, name, description } = one;
    const mark = markOf(schema, one, revertOf, new Date());
    const names = { before: name, after: mark.name };
    const texts = { before: description, after: mark.description };
    const changes: SchemaNaming[] =
      fieldId === undefined
        ? [
            { kind: 'renameTable', tableId, ...names },
            { kind: 'describeTable', tableId, ...texts },
          ]
        : [
            { kind: 'renameField', tableId, fieldId, ...names },
            { kind: 'describeField', tableId, fieldId, ...texts },
          ];
    return changes.map((naming) => ({ change: naming, label: name }));
  });
}
