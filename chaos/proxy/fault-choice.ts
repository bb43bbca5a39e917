/** What can happen to one request on its way; `pass` is nothing. */
export const FAULTS = [
  'pass',
  /** The request goes through, and its answer is dropped with the connection. */
  'drop-answer',
  /** Nobody answers until the caller has given up, and some time after that the request goes through. */
  'late',
  /** 429 in both forms that Airtable has, and for the spent month; not delivered. */
  'rate-limited',
  'rate-limited-list',
  'billing',
  /** Delivered or not, by the seed: none of these proves either. */
  'error-500',
  'error-502',
  'error-503',
  'error-503-retry-after',
  /** 200 with something that is no answer. */
  'html',
  'truncated-json',
  'wrong-json',
  /** Half an answer, then the end of the server's side. */
  'half-closed',
  /** The connection is reset before anything was done. */
  'reset',
  /** The right answer, a few bytes at a time. */
  'slow-drip',
] as const;
export type Fault = (typeof FAULTS)[number];

/** How often each happens, in any unit; what is not named does not happen. */
export type FaultWeights = Readonly<Partial<Record<Fault, number>>>;

/** Most requests pass; of the rest, each fault has its share. */
export const SOME_OF_ALL: FaultWeights = {
  pass: 85,
  'drop-answer': 2,
  late: 1,
  'rate-limited': 1,
  'rate-limited-list': 1,
  billing: 0.5,
  'error-500': 1,
  'error-502': 1,
  'error-503': 1,
  'error-503-retry-after': 0.5,
  html: 1,
  'truncated-json': 1,
  'wrong-json': 1,
  'half-closed': 1,
  reset: 1,
  'slow-drip': 1,
};

export interface FaultChoice {
  readonly fault: Fault;
  /** Whether a request that ends badly either way is carried out before it does. */
  readonly carriedOut: boolean;
  /** 0 to 1, for how late something is. */
  readonly spread: number;
}

/** What happens to the request of that number: the same for the same seed, number and weights, whatever came before. */
export function chooseFault(seed: number, index: number, weights: FaultWeights): FaultChoice {
  const next = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const total = FAULTS.reduce((sum, fault) => sum + (weights[fault] ?? 0), 0);
  let left = next() * total;
  const fault = FAULTS.find((one) => (left -= weights[one] ?? 0) < 0) ?? 'pass';
  return { fault, carriedOut: next() < 0.5, spread: next() };
}

/** Numbers from 0 to 1 that a seed repeats. Source: mulberry32, public domain. */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
