/**
 * A pace that was cut after a 429 that somebody else caused, as the scripts and each process keep it: half of what it was,
 * and in any case careful for as long again as the rest took, so that two 429s are a minute apart. Then it recovers slowly.
 */
export interface Cut {
  /** Requests a second: half of what was let through. */
  readonly perSecond: number;
  /** When the recovery begins (ms, by the keeper's clock). */
  readonly from: number;
}

/** Of the whole rate, a minute: 0.6/s of Airtable's 5. */
export const RECOVERY_PER_MINUTE = 0.12;

/**
 * Of the whole rate: no faster in the careful time, however little was cut. Less than one of five a second: two of ours in
 * one second beside four of somebody's three a second would be one too many.
 */
export const CAREFUL_PART = 0.17;

/** Of the whole rate: no cut goes below, so that nobody starves. */
export const LEAST_PART = 0.12;

/** The rate at a time. Kept in step with RATE_LUA. */
export function rateAt(perSecond: number, cut: Cut | undefined, now: number): number {
  if (!cut) return perSecond;
  if (now < cut.from) return Math.min(cut.perSecond, perSecond * CAREFUL_PART);
  const recovered = ((now - cut.from) / 60_000) * RECOVERY_PER_MINUTE * perSecond;
  // From the careful rate on: at once back to half of what was too much would soon be too much again.
  return Math.min(perSecond, Math.min(cut.perSecond, perSecond * CAREFUL_PART) + recovered);
}

/** The same for scripts: `rate_at(rate, cut, from, now)`, `cut` nil when there is none. */
export const RATE_LUA = `
local function rate_at(rate, cut, from, now)
  if not cut then return rate end
  if now < from then return math.min(cut, rate * ${CAREFUL_PART}) end
  return math.min(rate, math.min(cut, rate * ${CAREFUL_PART}) + (now - from) / 60000 * ${RECOVERY_PER_MINUTE} * rate)
end`;
