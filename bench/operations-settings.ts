import { z } from 'zod';

const Pid = z.number().int();

/** What scripts/bench-operations.mjs hands over: how much to measure, and the processes that it has started. */
export const Settings = z.object({
  temporal: z.enum(['sqlite', 'postgres']),
  rounds: z.number().int().min(1),
  single: z.number().int().min(5),
  many: z.number().int().min(10),
  seconds: z.number().int().min(1),
  out: z.string(),
  check: z.boolean(),
  plainUrl: z.string(),
  /** The same two once more, with relays that count between them and the servers. */
  counted: z.object({ apiUrl: z.string(), plainUrl: z.string(), relaysUrl: z.string() }),
  pids: z.object({ api: Pid, plain: Pid, workers: Pid, temporal: Pid, postgres: Pid, redis: Pid }),
});
export type Settings = z.infer<typeof Settings>;
