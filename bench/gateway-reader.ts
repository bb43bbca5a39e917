import { setTimeout as sleep } from 'node:timers/promises';
import { SagatableError } from '../contracts/errors';
import type { AirtableClient } from '../services/airtable/client';
import type { LimitedBase } from './airtable-side';
import { createRandom, summarize, type Summary } from './statistics';

/** Between the beginnings of two reads, on the average; each is up to a quarter sooner or later, so that they keep no beat. */
const EVERY_MS = 2_000;

export interface Reads {
  /** From the question to the answer, in milliseconds: the wait for a turn and the request itself. */
  readonly waitMs: Summary;
  readonly longestMs: number;
  /** Codes of errors instead of answers. */
  readonly failures: readonly string[];
}

/** Reads one record after another, never from the cache, until it is stopped. */
export function startReader(
  client: Pick<AirtableClient, 'getRecord'>,
  base: LimitedBase,
  seed: number,
): { stop(): Promise<Reads> } {
  const random = createRandom(seed);
  const stopping = new AbortController();
  const waits: number[] = [];
  const failures: string[] = [];
  // Known fields tell the gateway the record's table: it then needs no second request to be sure of it.
  const fieldIds = [base.field('Title')];

  async function read(): Promise<void> {
    while (!stopping.signal.aborted) {
      const begun = performance.now();
      const recordId = base.recordIds[Math.floor(random() * base.recordIds.length)] ?? '';
      try {
        await client.getRecord(base.baseId, base.tableId, recordId, { fieldIds });
        waits.push(performance.now() - begun);
      } catch (error) {
        if (!(error instanceof SagatableError)) throw error;
        failures.push(error.code);
      }
      const next = begun + EVERY_MS * (0.75 + random() / 2) - performance.now();
      await sleep(Math.max(0, next), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  const reading = read();
  reading.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await reading;
      return { waitMs: summarize(waits), longestMs: Math.max(0, ...waits), failures };
    },
  };
}
