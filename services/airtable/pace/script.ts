import { createHash } from 'node:crypto';

/** A Lua script, called by its digest once Redis knows it. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function createScript(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Redis' own clock decides: milliseconds with decimals, in `now`. */
export const READ_CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000`;
