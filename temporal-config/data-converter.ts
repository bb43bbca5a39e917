import type { DataConverter } from '@temporalio/common';
import type { KeyRing } from '../services/encryption';
import { createPayloadCodec } from './codec';

/** Where the workflow bundle and the client load the failure converter from. */
export const failureConverterPath = require.resolve('./failure-converter');

/** The one data converter of clients, workers and replays. */
export function createDataConverter(ring: KeyRing): DataConverter {
  return { payloadCodecs: [createPayloadCodec(ring)], failureConverterPath };
}
