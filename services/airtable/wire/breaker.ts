import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleWhen,
  SamplingBreaker,
  type IBreaker,
} from 'cockatiel';

export interface BreakerLimits {
  /** So many failures in a row open the circuit: more than the attempts of one call, so that one alone does not. */
  readonly consecutive: number;
  /** Or more than half of at least `minimum` requests within `windowMs`. */
  readonly minimum: number;
  readonly windowMs: number;
  /** How long nothing is sent at first; doubled after each trial that fails, up to the cap. */
  readonly restMs: number;
  readonly restCapMs: number;
  /** A request that was given up sooner tells nothing about the other side. */
  readonly slowMs: number;
}

export const BREAKER_LIMITS: BreakerLimits = {
  consecutive: 8,
  minimum: 10,
  windowMs: 30_000,
  restMs: 5_000,
  restCapMs: 60_000,
  slowMs: 5_000,
};

/** What one request tells about the host: it answers, it fails, or neither. */
export type Sign = 'alive' | 'failing' | 'nothing';
export type Circuit = 'closed' | 'open' | 'half-open';
/** Nothing was sent; in `retryAfterMs` one request will be let through as a trial. */
export interface TurnedAway {
  readonly turnedAway: true;
  readonly retryAfterMs: number;
}

/** Stops asking a host that fails, so that callers hear of it at once and the host can recover. */
export interface Breaker {
  /** Runs a request, unless the host rests. What `send` throws tells nothing about the host. */
  run<T>(send: () => Promise<{ readonly result: T; readonly sign: Sign }>): Promise<T | TurnedAway>;
  state(): { readonly circuit: Circuit; readonly retryAfterMs: number };
}

/** While a trial is under way others are told to come back after this long (ms). */
const TRIAL_MS = 1_000;

class NotAlive extends Error {
  constructor(readonly sign: Sign) {
    super(sign);
  }
}

/** One host's breaker, for one process. Its state lives in memory and is lost with it: other processes find out alone. */
export function createBreaker(limits: BreakerLimits): Breaker {
  let trials = 0;
  let restsUntil = 0;
  const half = () => policy.state === CircuitState.HalfOpen;
  const policy = circuitBreaker(
    // A trial that tells nothing must not close the circuit; in a closed one it is neither counted nor a success.
    handleWhen((error) => half() || (error instanceof NotAlive && error.sign === 'failing')),
    {
      breaker: eitherBreaker(
        new ConsecutiveBreaker(limits.consecutive),
        new SamplingBreaker({
          threshold: 0.5,
          duration: limits.windowMs,
          // Half a request less: the product of the two divisions must not end above the minimum.
          minimumRps: ((limits.minimum - 0.5) * 1000) / limits.windowMs,
        }),
      ),
      halfOpenAfter: new DelegateBackoff(({ result }) => {
        const learned =
          'error' in result && result.error instanceof NotAlive && result.error.sign === 'failing';
        const ms = learned ? Math.min(limits.restCapMs, limits.restMs * 2 ** trials) : 0;
        if (learned) trials++;
        restsUntil = Date.now() + ms;
        return ms;
      }),
    },
  );
  policy.onReset(() => void (trials = 0));

  const retryAfterMs = () => Math.max(half() ? TRIAL_MS : 1, restsUntil - Date.now());

  return {
    async run<T>(send: () => Promise<{ readonly result: T; readonly sign: Sign }>) {
      // A clock that was set back would let the rest go on for as long.
      if (policy.state === CircuitState.Open && restsUntil - Date.now() > limits.restCapMs)
        policy.isolate().dispose();
      if (half()) return { turnedAway: true, retryAfterMs: retryAfterMs() };
      let ended: { readonly result: T } | undefined;
      try {
        await policy.execute(async () => {
          const { result, sign } = await send();
          ended = { result };
          if (sign !== 'alive') throw new NotAlive(sign);
        });
      } catch (error) {
        if (error instanceof BrokenCircuitError) return { turnedAway: true, retryAfterMs: retryAfterMs() };
        if (!(error instanceof NotAlive)) throw error;
      }
      if (!ended) throw new Error('the breaker ended without a result');
      return ended.result;
    },
    state() {
      if (policy.state === CircuitState.Closed) return { circuit: 'closed', retryAfterMs: 0 };
      return { circuit: half() ? 'half-open' : 'open', retryAfterMs: retryAfterMs() };
    },
  };
}

/** Both count every request; either opens. */
function eitherBreaker(one: IBreaker, other: IBreaker): IBreaker {
  return {
    state: undefined,
    success(state) {
      one.success(state);
      other.success(state);
    },
    failure(state) {
      const opens = one.failure(state);
      return other.failure(state) || opens;
    },
  };
}
