import { request } from 'undici';
import { z } from 'zod';
import { readAnswer, type Request } from './http-load';
import { tableText } from './report';
import { quantile } from './statistics';

const Passed = z.object({ turns: z.number(), asked: z.number() });
const Counts = z.object({ postgres: Passed, redis: Passed, grpc: Passed });
type Counts = z.infer<typeof Counts>;

/** What one request costs in questions to others; medians, so whole numbers but for what a request does only at times. */
export interface RoundTrips {
  readonly name: string;
  /** One after the other: what goes out together counts once. */
  readonly postgres: number;
  readonly statements: number;
  readonly redis: number;
  readonly temporal: number;
}

/** Requests that are counted, after some that do not count: connections and prepared statements are made by then. */
const COUNTED = 40;
const UNCOUNTED = 40;
/** What is not waited for, such as the end of a transaction that only reads, comes a moment after the answer. */
const SETTLED_MS = 5;

/** Sends requests one after the other to a process whose connections pass the relays at `relaysUrl`. */
export async function countRoundTrips(relaysUrl: string, name: string, asking: Request): Promise<RoundTrips> {
  const look = async () => {
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    return Counts.parse(await (await request(relaysUrl)).body.json());
  };
  const differences: Counts[] = [];
  for (let n = 0; n < UNCOUNTED; n++) await readAnswer(asking);
  let before = await look();
  for (let n = 0; n < COUNTED; n++) {
    await readAnswer(asking);
    const after = await look();
    const less = (server: keyof Counts) => ({
      turns: after[server].turns - before[server].turns,
      asked: after[server].asked - before[server].asked,
    });
    differences.push({ postgres: less('postgres'), redis: less('redis'), grpc: less('grpc') });
    before = after;
  }
  const middle = (of: (one: Counts) => number) => quantile(differences.map(of), 0.5);
  return {
    name,
    postgres: middle((one) => one.postgres.turns),
    statements: middle((one) => one.postgres.asked),
    redis: middle((one) => one.redis.turns),
    temporal: middle((one) => one.grpc.asked),
  };
}

/** A table of them for people. */
export function roundTripsText(all: readonly RoundTrips[]): string {
  return tableText(
    ['Counted a request', 'PostgreSQL', 'statements', 'Redis', 'Temporal'],
    all.map((one) => [one.name, ...[one.postgres, one.statements, one.redis, one.temporal].map(String)]),
  );
}
