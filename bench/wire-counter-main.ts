import { createServer } from 'node:http';
import { z } from 'zod';
import { startWireCounter } from './wire-counter';

const Relay = z.object({ port: z.number().int(), target: z.number().int() });
const Settings = z.object({ port: z.number().int(), postgres: Relay, redis: Relay, grpc: Relay });

/** `node dist/bench/wire-counter-main.js`: relays before the three servers; `GET /` answers what passed them so far. */
async function main(): Promise<void> {
  const { port, ...relays } = Settings.parse(JSON.parse(process.env['BENCH_RELAYS'] ?? '{}'));
  const start = (protocol: keyof typeof relays) => {
    const { port: own, target } = relays[protocol];
    return startWireCounter(protocol, { host: '127.0.0.1', port: target }, own);
  };
  const counters = {
    postgres: await start('postgres'),
    redis: await start('redis'),
    grpc: await start('grpc'),
  };
  createServer((_req, res) => {
    const passed = Object.entries(counters).map(([name, counter]) => [name, counter.passed()]);
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(Object.fromEntries(passed)));
  }).listen(port, '127.0.0.1');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
