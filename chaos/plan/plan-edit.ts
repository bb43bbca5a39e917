import { createDice, type Dice } from './random';
import type { Fate, HumanEdit, ItemCells, PlannedChange, PlannedEdit, SeededItem } from './shapes';

/** A text longer than a cell takes. Source: Airtable, long text holds 100,000 characters. */
const TOO_LONG = 'x'.repeat(100_001);
/** Apart from the edits' own streams of dice: which records have files, and who is asked. */
const FILE_STREAM = 0x2000_0000;
export const STAGES = ['Raw', 'Cut', 'Done'] as const;

/** Every third edit is made to fail, so that a short run has as many of them as a long one. */
const FAILING = 3;
const WAYS_TO_FAIL: ReadonlyArray<readonly [Fate, number]> = [
  ['refused-link', 3],
  ['refused-text', 3],
  ['stop', 2],
  ['cancel', 3],
];

/**
 * The edit of that number: the same for the same seed. Its records and every value it writes belong to it alone, so that
 * whatever is found in the base or its log can be told to be of this edit, and of which of its changes.
 */
export function planEdit(seed: number, number: number): PlannedEdit {
  const dice = createDice(seed, number);
  const tag = `e${number}`;
  const fate = number % FAILING === FAILING - 1 ? dice.pick(WAYS_TO_FAIL) : 'commit';
  const targets = [`${tag}.t0`, `${tag}.t1`];
  const items: SeededItem[] = [];
  const changes: PlannedChange[] = [];
  const links = () => (dice.chance(0.3) ? { Targets: [targets[dice.whole(0, 1)] ?? ''] } : {});
  const aside = createDice(seed, FILE_STREAM + number);
  const addItem = (doomed = false): SeededItem => {
    const name = `${tag}.r${items.length}`;
    const item = {
      name,
      cells: { Value: `${name}.was`, Count: dice.whole(1, 999), Stage: 'Raw', ...links() },
      files: filesOf(aside, name, doomed),
    };
    items.push(item);
    return item;
  };

  for (let left = sizeOf(dice, 'create'); left > 0; left--) {
    const name = `${tag}.c${left}`;
    changes.push({ kind: 'create', name, cells: { Value: `${name}.new`, Stage: 'Cut', ...links() } });
  }
  const updated: string[] = [];
  for (let left = sizeOf(dice, 'update'); left > 0; left--) {
    const { name, cells } = addItem();
    updated.push(name);
    changes.push({ kind: 'update', name, cells: newCells(dice, name, cells, targets) });
  }
  // What is refused comes after the rest: creations go before updates, and updates before deletions.
  const poison = poisonFor(fate, tag);
  if (poison) changes.push({ kind: 'update', name: addItem().name, cells: poison });
  else
    for (let left = sizeOf(dice, 'delete'); left > 0; left--)
      changes.push({ kind: 'delete', name: addItem(true).name });

  return {
    number,
    fate,
    policy: fate === 'stop' ? 'stop' : dice.pick([['skip', 2] as const, ['ask', 1], ['overwrite', 1]]),
    decision: aside.chance(0.5) ? 'overwrite' : 'skip',
    targets,
    doomedTarget: fate === 'refused-link' ? `${tag}.doomed` : null,
    items,
    changes,
    humans: planHumans(dice, fate, tag, updated),
    cancelAfterMs: fate === 'cancel' ? dice.whole(50, 3_000) : null,
    revert: fate === 'commit' ? dice.pick([['none', 12] as const, ['whole', 4], ['cancelled', 1]]) : 'none',
  };
}

/** Mostly of records that are deleted: whatever else is done to a record leaves its files alone. */
function filesOf(dice: Dice, name: string, doomed: boolean): string[] {
  const count = dice.chance(doomed ? 0.4 : 0.03) ? dice.whole(1, 2) : 0;
  return Array.from({ length: count }, (_, n) => `${name}.f${n}.txt`);
}

function sizeOf(dice: Dice, kind: PlannedChange['kind']): number {
  if (kind === 'update') return dice.pick([[dice.whole(3, 12), 5] as const, [dice.whole(13, 45), 2]]);
  if (kind === 'create') return dice.pick([[0, 3] as const, [dice.whole(1, 12), 4], [dice.whole(13, 25), 1]]);
  return dice.pick([[0, 5] as const, [dice.whole(1, 8), 3]]);
}

function newCells(dice: Dice, name: string, was: ItemCells, targets: readonly string[]): ItemCells {
  const relinked = { Targets: [targets[was.Targets?.[0] === targets[0] ? 1 : 0] ?? ''] };
  return {
    Value: `${name}.is`,
    ...(dice.chance(0.4) && { Count: (was.Count ?? 0) + 1_000 }),
    ...(dice.chance(0.3) && { Stage: 'Done' }),
    ...(dice.chance(0.2) && relinked),
  };
}

function poisonFor(fate: Fate, tag: string): ItemCells | null {
  if (fate === 'refused-link') return { Targets: [`${tag}.doomed`] };
  return fate === 'refused-text' ? { Value: TOO_LONG } : null;
}

/** Under `stop` the last record is changed, so that as much as possible is written before it is met. */
function planHumans(dice: Dice, fate: Fate, tag: string, updated: readonly string[]): HumanEdit[] {
  const last = updated.at(-1);
  if (fate === 'stop' && last !== undefined) {
    const early = updated.length <= 10 || dice.chance(0.5);
    return [{ name: last, value: `${tag}.h0`, afterApprovalMs: early ? null : dice.whole(50, 500) }];
  }
  if (fate !== 'commit' || !dice.chance(0.35)) return [];
  const chosen = new Set([dice.whole(0, updated.length - 1), dice.whole(0, updated.length - 1)]);
  return [...chosen].flatMap((index, n) => {
    const name = updated[index];
    const afterApprovalMs = dice.chance(0.6) ? null : dice.whole(50, 4_000);
    return name === undefined ? [] : [{ name, value: `${tag}.h${n}`, afterApprovalMs }];
  });
}
