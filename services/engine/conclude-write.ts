import type { BasePlace } from './place';

/** Ends a write, in its transaction: what it changed becomes known to those who watch the base. */
export async function concludeWrite(place: BasePlace): Promise<void> {
  place.changes.drain();
}
