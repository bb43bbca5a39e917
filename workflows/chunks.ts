import { sleep } from '@temporalio/workflow';
import type { Saga } from './operation';

/** What a chunk of long work said of itself: how far it is, and what it waits for. */
interface Chunk {
  readonly state: string;
  readonly waitMs: number;
  readonly done: number;
  readonly total: number;
}

const QUOTA_SPENT =
  'paused: quota. Airtable’s monthly calls of this workspace are spent; resume when there are more.';

/** Waits until somebody who got more of Airtable's monthly calls resumes the operation. */
export const waitForQuota = (saga: Saga, reason = QUOTA_SPENT): Promise<void> => saga.pauseFor(reason);

/** Waits for what the chunk said that it waits for: a while, or more of the month's calls (`spent`: how that is told). */
export async function waitAsTold(
  saga: Saga,
  { state, waitMs }: Pick<Chunk, 'state' | 'waitMs'>,
  spent?: string,
): Promise<void> {
  if (state === 'wait') await sleep(waitMs);
  if (state === 'quota') await waitForQuota(saga, spent);
}

/** Goes on chunk by chunk until one says `done`; may be paused between two. */
export async function walkChunks(
  saga: Saga,
  shown: { readonly unit: string; readonly message: string },
  next: () => Promise<Chunk>,
): Promise<void> {
  for (;;) {
    await saga.waitWhilePaused();
    const chunk = await next();
    saga.report({ done: chunk.done, total: chunk.total, ...shown });
    if (chunk.state === 'done') return;
    await waitAsTold(saga, chunk);
    await saga.renewIfLong();
  }
}
