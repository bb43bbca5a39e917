import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { decrypt, encrypt, type KeyRing } from '../services/encryption';

const ENCODING = 'binary/encrypted';
const text = (bytes: Uint8Array | null | undefined) => (bytes ? Buffer.from(bytes).toString('utf8') : '');

/** Encrypts every payload (arguments, results, failures, summaries) with the ring's current key; the key's id travels in the metadata. */
export function createPayloadCodec(ring: KeyRing): PayloadCodec {
  return {
    async encode(payloads) {
      const key = ring.keyOf(ring.currentId);
      if (!key) throw new Error('the key ring has no current key');
      return payloads.map((payload) => ({
        metadata: { encoding: Buffer.from(ENCODING), 'key-id': Buffer.from(ring.currentId) },
        data: encrypt(key, temporal.api.common.v1.Payload.encode(payload).finish()),
      }));
    },
    async decode(payloads) {
      return payloads.map((payload): Payload => {
        if (text(payload.metadata?.['encoding']) !== ENCODING) return payload;
        const keyId = text(payload.metadata?.['key-id']);
        const key = ring.keyOf(keyId);
        if (!key) throw new Error(`the key ${keyId} is not in ENCRYPTION_KEYS`);
        const plain = temporal.api.common.v1.Payload.decode(decrypt(key, payload.data ?? new Uint8Array()));
        return { metadata: plain.metadata, data: plain.data };
      });
    },
  };
}
