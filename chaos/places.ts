import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosWorld } from './run';
import { makeBase, type Base } from './world/base';
import { createProduct, type Product } from './world/product';
import { registerTenants } from './world/register';

const TENANTS = 2;
/** Where a new base takes over: the more there is in one, the longer each look at it takes. */
const EDITS_PER_BASE = 150;

const ATTEMPTS = 5;
const ATTEMPT_AGAIN_MS = 1_000;

/** Where an edit is proposed. */
export interface Place {
  readonly product: Product;
  readonly connectionId: string;
  readonly base: Base;
}

/** One base after the other. */
export interface Ground {
  /** The place of the next edit. */
  take(): Promise<Place>;
}

export interface Grounds {
  readonly all: readonly Ground[];
  /** Every base that there was so far. */
  bases(): readonly Base[];
  /** The product, as whoever owns the base reaches it. */
  productOf(base: Base, signal: AbortSignal): Product;
}

/** Registers two tenants and makes as many bases as are to be edited at the same time; half of them have markers. */
export async function makeGrounds(
  count: number,
  { productUrl, airtable, proxy }: Pick<ChaosWorld, 'productUrl' | 'airtable' | 'proxy'>,
  signal: AbortSignal,
): Promise<Grounds> {
  const connection = { url: proxy.url, token: airtable.product.token };
  const human = { token: airtable.human.token, workspaceId: airtable.workspaceId };
  const tenants = await registerTenants(productUrl, connection, TENANTS);
  const made = new Map<Base, (typeof tenants)[number]>();

  async function makePlace(n: number): Promise<Place> {
    const tenant = tenants[n % tenants.length];
    if (!tenant) throw new RangeError('there is no tenant');
    const { connectionId } = tenant;
    const product = createProduct({ url: productUrl, ...tenant }, signal);
    const base = await makeBase(airtable.url, human);
    made.set(base, tenant);
    if (n % 4 < 2) {
      const { id: baseId, tableIds, markerFieldId: fieldId } = base;
      await insist(() => product.chooseMarker({ connectionId, baseId, tableId: tableIds.Items, fieldId }));
      base.marked = true;
    }
    return { product, connectionId, base };
  }
  async function makeGround(n: number): Promise<Ground> {
    let place = Promise.resolve(await makePlace(n));
    let taken = 0;
    return {
      take() {
        if (taken++ % EDITS_PER_BASE === 0 && taken > 1) place = makePlace(n);
        return place;
      },
    };
  }

  const all: Ground[] = [];
  for (let n = 0; n < count; n++) all.push(await makeGround(n));
  return {
    all,
    bases: () => [...made.keys()],
    productOf(base, reading) {
      const tenant = made.get(base);
      if (!tenant) throw new RangeError('nobody has this base');
      return createProduct({ url: productUrl, ...tenant }, reading);
    },
  };
}

/** The product reads a base for some of what it is told, and that goes wrong at times like any request. */
async function insist(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await sleep(ATTEMPT_AGAIN_MS);
    }
  }
}
