import { z } from 'zod';
import type { Perform } from '../call';
import type { CallOptions } from '../client';

/** Source: Airtable Web API, get user id & scopes. */
export const WhoAmI = z.object({
  id: z.string().min(1),
  email: z.string().optional(),
  scopes: z.array(z.string()).optional(),
});
export type WhoAmI = z.infer<typeof WhoAmI>;

export interface Identity {
  /** The user behind the token. */
  whoami(options?: CallOptions): Promise<WhoAmI>;
}

export function createIdentity(perform: Perform): Identity {
  return {
    whoami: (options = {}) =>
      perform({ method: 'GET', path: '/meta/whoami', effect: 'read', baseId: null, answer: WhoAmI, options }),
  };
}
