import { Client, Connection } from '@temporalio/client';
import type { Config } from '../services/config';
import { parseKeyRing } from '../services/encryption';
import { createDataConverter } from './data-converter';

/** A lazily connected client: the API starts, and says 503, while Temporal is down. */
export function createTemporalClient(config: Config): Client {
  const connection = Connection.lazy({ address: config.temporalAddress });
  return new Client({
    connection,
    namespace: config.temporalNamespace,
    dataConverter: createDataConverter(parseKeyRing(config.encryptionKeys)),
  });
}
