import { z } from 'zod';
import type { Lane } from '../limits';
import { ASK_SCRIPT } from './ask-script';
import { keysOf } from './keys';
import type { CallPaces } from './paces';
import type { ProcessMemory } from './process-memory';
import type { ScriptRunner } from './script-runner';
import { createServerClock } from './server-clock';
import { ANNOUNCE_MS, ASK_AGAIN_MS, LOOKAHEAD_MS } from './timing';

/** Whoever stands first among those of one owner and lane in this process. */
export interface Ticket {
  readonly id: string;
  readonly paces: CallPaces;
  readonly lane: Lane;
  readonly waitedMs: number;
  /** Others of this process that go before it: what counts as long as Redis cannot tell. */
  readonly behind: number;
}

/** The right to send one request at `at`. Times are this process's own. */
export interface Slot {
  readonly paces: CallPaces;
  readonly name: string;
  readonly at: number;
  /** The earliest that Redis can have meant; `at` is the latest. */
  readonly from: number;
  /** By Redis' clock; undefined for a slot that this process gave itself. */
  readonly redisAt: number | undefined;
}

/** `again`: when to ask; `slotAt`: when the slot will come, as far as can be told now. */
export type Reply = { readonly slot: Slot } | { readonly again: number; readonly slotAt: number };
export type Ask = (ticket: Ticket) => Promise<Reply>;

const Answer = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(
    z.object({
      granted: z.boolean(),
      /** Until the slot, or until it is worth asking again. */
      waitMs: z.number(),
      slotMs: z.number().optional(),
      /** The slot, by Redis' clock. */
      at: z.coerce.number().optional(),
      now: z.coerce.number(),
      rate: z.number(),
      stillMs: z.number(),
      userStillMs: z.number().optional(),
      cut: z.number().optional(),
      cutInMs: z.number().optional(),
      era: z.string(),
      processes: z.number(),
    }),
  );

interface AskOptions {
  readonly runner: ScriptRunner;
  readonly memory: ProcessMemory;
  readonly redisPrefix: string;
  readonly process: string;
  readonly now: () => number;
  /** Called for each slot that this process gave itself. */
  readonly onLocal: () => void;
}

/** Asks Redis for slots, and the process's own memory while Redis does not answer. */
export function createAsk({ runner, memory, redisPrefix, process, now, onLocal }: AskOptions): Ask {
  const clock = createServerClock();
  let era = '';
  let announcedAt = -Infinity;
  let slots = 0;

  return async function ask(ticket) {
    const { paces, lane } = ticket;
    const askedAt = now();
    const returned = runner.wasLost();
    const announce = returned || askedAt - announcedAt >= ANNOUNCE_MS;
    const name = `${process}:${++slots}`;
    const question = {
      ticket: ticket.id,
      name,
      process,
      lane,
      workspace: paces.workspace,
      waitedMs: ticket.waitedMs,
      rate: paces.line.perSecond,
      window: paces.line.window,
      share: paces.share?.perSecond,
      user: paces.user?.perSecond,
      userWindow: paces.user?.window,
      ...memory.tell(paces),
      era,
      announce: announce || undefined,
      returned: returned || undefined,
      parts: memory.count.parts(),
    };
    const answer = Answer.safeParse(
      await runner.run(ASK_SCRIPT, keysOf(paces, redisPrefix), [JSON.stringify(question)]),
    );
    const answeredAt = now();
    if (!answer.success) return askMemory(ticket);
    const { data } = answer;
    if (returned) runner.noteReturn();
    if (announce) announcedAt = askedAt;
    if (era !== data.era) announcedAt = announce ? askedAt : -Infinity;
    era = data.era;
    clock.note(data.now, askedAt, answeredAt);
    memory.learn(paces, data, answeredAt);
    if (!data.granted || data.at === undefined) {
      return { again: answeredAt + data.waitMs, slotAt: answeredAt + (data.slotMs ?? data.waitMs) };
    }
    const { earliest, latest } = clock.own(data.at);
    // Never too early, whatever the way to Redis took.
    const slot = { paces, name, at: latest, from: earliest, redisAt: data.at };
    memory.note(paces, slot.at, lane, false);
    return { slot };
  };

  function askMemory({ paces, lane, behind }: Ticket): Reply {
    const at = memory.earliest(paces, lane, runner.downSince() ?? now());
    const wait = at - now();
    if (wait <= LOOKAHEAD_MS && (behind === 0 || wait <= LOOKAHEAD_MS / 2)) {
      memory.note(paces, at, lane, true);
      onLocal();
      return { slot: { paces, name: `${process}:${++slots}`, at, from: at, redisAt: undefined } };
    }
    const again = at - LOOKAHEAD_MS / (behind === 0 ? 1 : 2);
    // Redis is asked again meanwhile, now and then.
    return { again: Math.min(Math.max(again, now() + 1), now() + ASK_AGAIN_MS / 4), slotAt: at };
  }
}
