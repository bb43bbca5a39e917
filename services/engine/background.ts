import type { Effect } from './place';

/** Work that requests leave behind, by the effect they name: done soon after the commit, and again by whoever looks. */
export interface Background {
  /** Begins the work, unless it runs: then it is done once more afterwards. */
  nudge(effect: Effect): void;
  /** Does all of it once. Failures are reported, not thrown. */
  runAll(): Promise<void>;
  /** Resolves when nothing of it runs any more. */
  settle(): Promise<void>;
}

/** `work` finds what is due in the database and must bear being done by several processes at once. */
export function createBackground(
  work: Readonly<Record<Effect, () => Promise<unknown>>>,
  report: (error: unknown) => void,
): Background {
  const running = new Map<Effect, Promise<void>>();
  const again = new Set<Effect>();

  async function run(effect: Effect): Promise<void> {
    do {
      again.delete(effect);
      try {
        await work[effect]();
      } catch (error) {
        report(error);
      }
    } while (again.has(effect));
  }

  function begin(effect: Effect): Promise<void> {
    const known = running.get(effect);
    if (known) {
      again.add(effect);
      return known;
    }
    const started = run(effect).finally(() => running.delete(effect));
    running.set(effect, started);
    return started;
  }

  const all = () => Promise.all([begin('attachments'), begin('notifications')]);
  return {
    nudge: (effect) => void begin(effect),
    runAll: async () => void (await all()),
    settle: async () => void (await Promise.all(running.values())),
  };
}
