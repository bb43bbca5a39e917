import { Counter, Gauge, type Registry } from 'prom-client';
import type { AirtableGateway } from '../airtable/gateway';
import type { GatewayMetrics } from '../airtable/limits';

type LaneCount = `${'turns' | 'waitedMs'}${'Interactive' | 'Bulk'}`;

/** What the gateway counts: names as Prometheus has them, and what each says. */
const COUNTS: Readonly<
  Record<Exclude<keyof GatewayMetrics, LaneCount>, readonly [name: string, help: string]>
> = {
  requests: ['requests_total', 'Requests to Airtable and to the engine, repeats included.'],
  retries: ['retries_total', 'Repeats of requests that failed in passing.'],
  rateLimited: ['rate_limited_total', 'Answers 429 for being too fast.'],
  rateWaits: ['rate_waits_total', 'Calls turned away because their turn was too far off.'],
  quotaRefusals: ['quota_refusals_total', 'Answers that said that the calls of the month are spent.'],
  ambiguousWrites: ['ambiguous_writes_total', 'Creates of which nobody can tell whether they landed.'],
  lostTurns: ['lost_turns_total', 'Turns given up because this process came too late to them.'],
  rests: ['rests_total', 'Rests of a base that were begun or lengthened after a 429.'],
  halvings: ['halvings_total', 'Rests that halved the pace of a base.'],
  localReservations: [
    'local_reservations_total',
    'Turns this process gave out by itself because Redis did not answer: the limits were then kept per process.',
  ],
  circuitOpen: ['circuit_refusals_total', 'Requests not sent because the circuit of their host was open.'],
  cacheHits: ['cache_hits_total', 'Reads answered from the cache.'],
  cacheMisses: ['cache_misses_total', 'Reads that the cache had no answer for.'],
  savedCalls: [
    'saved_calls_total',
    'Requests not sent: kept answers, and those that another request brought.',
  ],
};

/** What it counts by lane. */
const LANE_COUNTS = [
  { name: 'turns_total', help: 'Turns that calls of a lane were given.', of: 'turns', scale: 1 },
  {
    name: 'waited_seconds_total',
    help: 'Time that calls of a lane waited for their turns, all together.',
    of: 'waitedMs',
    scale: 1 / 1_000,
  },
] as const;

/** How this process stands to the others that share the limits. */
const PACING = [
  {
    name: 'redis_down',
    help: '1 while Redis does not answer and this process keeps to its own part of every limit.',
    of: 'redisDown',
  },
  { name: 'processes', help: 'Processes that share the limits, as last known.', of: 'processes' },
  { name: 'waiting', help: 'Calls that wait for their turns.', of: 'waiting' },
] as const;

const CIRCUITS = { closed: 0, 'half-open': 1, open: 2 } as const;

const isCount = (key: string): key is keyof typeof COUNTS => Object.hasOwn(COUNTS, key);

/**
 * Puts the gateway's figures into `registry`, read whenever it is asked. No tenant, base or connection is a label: they are
 * nobody else's business, and too many. Hosts are: the operator lists them.
 */
export function addGatewayFigures(
  registry: Registry,
  gateway: Pick<AirtableGateway, 'metrics' | 'endpoints' | 'pacing'>,
): void {
  const registers = [registry];
  for (const key of Object.keys(COUNTS).filter(isCount)) {
    const [name, help] = COUNTS[key];
    new Counter({
      name: `sagatable_gateway_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(gateway.metrics()[key]);
      },
    });
  }
  for (const { name, help, of, scale } of LANE_COUNTS) {
    new Counter({
      name: `sagatable_gateway_${name}`,
      help,
      labelNames: ['lane'],
      registers,
      collect() {
        const metrics = gateway.metrics();
        this.reset();
        this.inc({ lane: 'interactive' }, metrics[`${of}Interactive`] * scale);
        this.inc({ lane: 'bulk' }, metrics[`${of}Bulk`] * scale);
      },
    });
  }
  for (const { name, help, of } of PACING) {
    new Gauge({
      name: `sagatable_gateway_${name}`,
      help,
      registers,
      collect() {
        this.set(Number(gateway.pacing()[of]));
      },
    });
  }
  new Gauge({
    name: 'sagatable_gateway_circuit',
    help: 'Circuit of a host: 0 closed, 1 half open, 2 open.',
    labelNames: ['host'],
    registers,
    collect() {
      this.reset();
      for (const { host, circuit } of gateway.endpoints()) this.set({ host }, CIRCUITS[circuit]);
    },
  });
  new Gauge({
    name: 'sagatable_gateway_connections',
    help: 'Connections to a host, kept alive or in use.',
    labelNames: ['host'],
    registers,
    collect() {
      this.reset();
      for (const { host, connections } of gateway.endpoints()) this.set({ host }, connections.open);
    },
  });
}
