import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Keys by id. New data is encrypted with the current one; all of them decrypt. */
export interface KeyRing {
  readonly currentId: string;
  keyOf(id: string): Buffer | undefined;
}

/** Parses `id:base64,id:base64`. Throws when a key is not 32 bytes or the list is empty. */
export function parseKeyRing(text: string): KeyRing {
  const keys = new Map<string, Buffer>();
  for (const part of text.split(',').filter(Boolean)) {
    const [id, encoded] = [part.slice(0, part.indexOf(':')), part.slice(part.indexOf(':') + 1)];
    const key = Buffer.from(encoded, 'base64');
    if (!/^[0-9A-Za-z_-]{1,32}$/.test(id) || key.length !== 32) {
      throw new Error('ENCRYPTION_KEYS must be a comma-separated list of id:base64 with 32 bytes each');
    }
    keys.set(id, key);
  }
  const [currentId] = keys.keys();
  if (currentId === undefined) throw new Error('ENCRYPTION_KEYS holds no key');
  return { currentId, keyOf: (id) => keys.get(id) };
}

/** AES-256-GCM; the answer is nonce (12 bytes), tag (16 bytes), ciphertext. `context` is authenticated, not stored. */
export function encrypt(key: Buffer, plain: Uint8Array, context = ''): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Undoes `encrypt`. Throws when the key, the context or a byte is another. */
export function decrypt(key: Buffer, sealed: Uint8Array, context = ''): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
}

/** Text as `keyId.base64`, for a database column. `context` binds it to its row. */
export function sealText(ring: KeyRing, text: string, context: string): string {
  const key = ring.keyOf(ring.currentId);
  if (!key) throw new Error('the key ring has no current key');
  return `${ring.currentId}.${encrypt(key, Buffer.from(text, 'utf8'), context).toString('base64')}`;
}

/** Undoes `sealText`. Throws when the key is no longer in the ring. */
export function openText(ring: KeyRing, sealed: string, context: string): string {
  const dot = sealed.indexOf('.');
  const key = ring.keyOf(sealed.slice(0, dot));
  if (!key) throw new Error(`the key ${sealed.slice(0, dot)} is not in ENCRYPTION_KEYS`);
  return decrypt(key, Buffer.from(sealed.slice(dot + 1), 'base64'), context).toString('utf8');
}
