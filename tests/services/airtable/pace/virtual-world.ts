import type { Redis } from 'ioredis';
import { createAsk, type Slot } from '../../../../services/airtable/pace/ask';
import type { CallPaces, Pace } from '../../../../services/airtable/pace/paces';
import { createProcessMemory, type ProcessMemory } from '../../../../services/airtable/pace/process-memory';
import { REST_SCRIPT } from '../../../../services/airtable/pace/rest-script';
import { READ_CLOCK } from '../../../../services/airtable/pace/script';
import type { ScriptRunner } from '../../../../services/airtable/pace/script-runner';
import { SETTLE_SCRIPT } from '../../../../services/airtable/pace/settle-script';
import { slotsKey } from '../../../../services/airtable/pace/keys';
import type { Lane } from '../../../../services/airtable/limits';

/** Time that passes only when everybody waits: minutes of it in a second, the same in every run. */
export interface VirtualTime {
  readonly now: () => number;
  until(at: number): Promise<void>;
  /** Runs what is started in it until nothing is left to happen. */
  run(actors: readonly (() => Promise<void>)[]): Promise<void>;
}

export function createVirtualTime(): VirtualTime {
  let now = 1_800_000_000_000;
  let awake = 0;
  let asleep: { at: number; wake: () => void }[] = [];
  let onAllAsleep = () => undefined as void;

  const rest = () => {
    if (--awake === 0) onAllAsleep();
  };
  return {
    now: () => now,
    async until(at) {
      await new Promise<void>((wake) => {
        asleep.push({ at: Math.max(at, now), wake });
        rest();
      });
    },
    async run(actors) {
      awake += actors.length;
      const ended = actors.map((actor) => actor().finally(rest));
      for (;;) {
        if (awake) await new Promise<void>((resolve) => (onAllAsleep = resolve));
        asleep.sort((a, b) => a.at - b.at);
        const [next, ...others] = asleep;
        if (!next) break;
        asleep = others;
        now = Math.max(now, next.at);
        awake++;
        next.wake();
      }
      await Promise.all(ended);
    },
  };
}

/** The scripts on a real Redis, by a clock that the test turns. */
function runnerBy(redis: Redis, time: VirtualTime): ScriptRunner {
  const run = async (text: string, keys: readonly string[], args: readonly (string | number)[]) => {
    const clocked = text.replace(READ_CLOCK, `local now = tonumber(ARGV[${args.length + 1}])`);
    return redis.eval(clocked, keys.length, ...keys, ...args, time.now().toFixed(3));
  };
  return {
    run: (script, keys, args) => run(script.text, keys, args),
    send: (script, keys, args) => void run(script.text, keys, args),
    downSince: () => undefined,
    wasLost: () => false,
    noteReturn: () => undefined,
  };
}

export interface Client {
  readonly lane: Lane;
  readonly workspace: string;
  readonly share: number;
  /** How late a request arrives after its slot, and whether that is told afterwards. */
  late(): number;
  readonly settles: boolean;
  /** Between the answer and the next question. */
  think(): number;
  /** Asks no more after this, as if it had been killed: without taking its ticket back. */
  readonly diesAt?: number;
  readonly startsAt?: number;
}

/** One process with calls to make, at one base. `arrive` says whether the other side took a request. */
export function createActor(
  world: { redis: Redis; time: VirtualTime; prefix: string; perBase: number; endsAt: number },
  name: string,
  client: Client,
  arrive: (name: string) => boolean,
  restMs = 30_000,
): { run: () => Promise<void>; memory: ProcessMemory; slots: Slot[] } {
  const { redis, time, prefix, perBase } = world;
  const runner = runnerBy(redis, time);
  const memory = createProcessMemory(() => time.now());
  const ask = createAsk({
    runner,
    memory,
    redisPrefix: prefix,
    process: name,
    now: () => time.now(),
    onLocal: () => {
      throw new Error('Redis did not answer');
    },
  });
  const line: Pace = { key: `${prefix}base`, perSecond: perBase, window: Math.ceil(perBase) };
  const share: Pace = { key: `${prefix}share:${client.workspace}`, perSecond: client.share, window: 0 };
  const paces: CallPaces = { line, share, host: 'base', workspace: client.workspace, owner: name };
  const slots: Slot[] = [];

  async function run(): Promise<void> {
    if (client.startsAt) await time.until(client.startsAt);
    while (time.now() < world.endsAt) {
      const since = time.now();
      for (;;) {
        if (client.diesAt !== undefined && time.now() >= client.diesAt) return;
        const reply = await ask({
          id: name,
          paces,
          lane: client.lane,
          waitedMs: time.now() - since,
          behind: 0,
        });
        if ('slot' in reply) {
          await send(reply.slot);
          break;
        }
        await time.until(reply.again);
        if (time.now() >= world.endsAt) return;
      }
      await time.until(time.now() + client.think());
    }
  }

  async function send(slot: Slot): Promise<void> {
    slots.push(slot);
    const late = client.late();
    await time.until(slot.at + late);
    const taken = arrive(name);
    if (!taken) {
      memory.rest(line, restMs);
      const args = [restMs, slot.name, slot.redisAt ?? 0, perBase, Math.min(perBase, client.share)];
      await runner.run(REST_SCRIPT, [line.key, slotsKey(line)], args);
    } else if (client.settles) {
      await runner.run(SETTLE_SCRIPT, [slotsKey(line)], [slot.name, ((slot.redisAt ?? 0) + late).toFixed(3)]);
    }
  }

  return { run, memory, slots };
}
