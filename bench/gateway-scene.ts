import { z } from 'zod';
import type { Services } from '../services/create-services';
import type { AirtableSide, Customer, LimitedBase } from './airtable-side';
import { Arrival, ofBase } from './arrivals';
import type { ProductClient } from './product-client';

/** Everybody on the stage: the product, what plays Airtable, the proxy between them, and the one whose bases are changed. */
export interface Scene {
  readonly services: Services;
  readonly product: ProductClient;
  /** The product's workspace. */
  readonly workspaceId: string;
  readonly side: AirtableSide;
  readonly customer: Customer;
  /** How Airtable is reached: through the proxy. */
  readonly airtable: { readonly url: string; readonly token: string };
  readonly seed: number;
  /** How many requests the proxy has noted. */
  countArrivals(): Promise<number>;
  /** What it noted about a base, but for the first so many of all. */
  arrivalsOf(base: Pick<LimitedBase, 'baseId'>, from?: number): Promise<Arrival[]>;
}

/** Everything that the proxy has noted. */
export async function readArrivals(proxyUrl: string): Promise<Arrival[]> {
  return z.array(Arrival).parse(await (await fetch(`${proxyUrl}/log`)).json());
}

/** Adds to a scene how its proxy is asked. */
export function watchArrivals(proxyUrl: string): Pick<Scene, 'countArrivals' | 'arrivalsOf'> {
  return {
    countArrivals: async () => (await readArrivals(proxyUrl)).length,
    arrivalsOf: async ({ baseId }, from = 0) => ofBase((await readArrivals(proxyUrl)).slice(from), baseId),
  };
}
