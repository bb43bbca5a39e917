import { z } from 'zod';
import { startCountingProxy } from './counting-proxy';

const Settings = z.object({ port: z.number().int(), target: z.string() });

/** `node dist/bench/counting-proxy-main.js`: a process of its own, so that nothing measured holds up its clock. */
const { port, target } = Settings.parse(JSON.parse(process.env['BENCH_PROXY'] ?? '{}'));
startCountingProxy(() => target, port).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
