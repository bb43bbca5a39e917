import type { Tx } from '../../database/database';
import { readSettings } from './settings-rows';

/** How a base's webhook payloads come. */
export interface PayloadPace {
  /** Milliseconds after the change. */
  readonly payloadDelayMs: number;
  /** Null for payloads that are not split. */
  readonly maxRecordsPerPayload: number | null;
}

/** How late and in what pieces the webhook payloads of a base come: at once and whole unless its imitation is on. */
export async function readPayloadPace(place: {
  readonly tx: Tx;
  readonly workspaceId: string;
  readonly baseId: string;
}): Promise<PayloadPace> {
  const settings = await readSettings(place.tx, place.workspaceId, place.baseId);
  return {
    payloadDelayMs: settings?.payloadDelayMs ?? 0,
    maxRecordsPerPayload: settings?.maxRecordsPerPayload ?? null,
  };
}
