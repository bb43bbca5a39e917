export interface Batches<T> {
  /** Resolves once a batch with the item was carried out. Throws what that threw. */
  add(item: T): Promise<void>;
}

/**
 * Carries out together what comes while the batch before is on its way: one that comes alone goes at once, and many at a time
 * share a round trip.
 */
export function createBatches<T>(carryOut: (items: readonly T[]) => Promise<void>): Batches<T> {
  /** Resolves at the end of the batch that is on its way, however that ends. */
  let ending: Promise<void> | undefined;
  let next: { readonly items: T[]; readonly done: Promise<void> } | undefined;

  function start(items: readonly T[]): Promise<void> {
    const done = carryOut(items);
    const end = () => {
      ending = undefined;
    };
    ending = done.then(end, end);
    return done;
  }

  return {
    add(item) {
      if (!next) {
        if (!ending) return start([item]);
        const items: T[] = [];
        const goOn = () => {
          next = undefined;
          return start(items);
        };
        next = { items, done: ending.then(goOn) };
      }
      next.items.push(item);
      return next.done;
    },
  };
}
