import { createRandom } from '../proxy/fault-choice';

/** Choices that a seed repeats. */
export interface Dice {
  /** From 0 to 1, without 1. */
  roll(): number;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
  chance(share: number): boolean;
  /** One of a list, by weight. */
  pick<T>(weighted: ReadonlyArray<readonly [T, number]>): T;
}

/** Dice of one stream: `seed` is the run's, `stream` keeps what is thrown for one purpose apart from the others. */
export function createDice(seed: number, stream: number): Dice {
  const roll = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b));
  return {
    roll,
    whole: (least, most) => least + Math.floor(roll() * (most - least + 1)),
    chance: (share) => roll() < share,
    pick(weighted) {
      let left = roll() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
      const found = weighted.find(([, weight]) => (left -= weight) < 0) ?? weighted[0];
      if (!found) throw new RangeError('nothing to pick from');
      return found[0];
    },
  };
}
