import { defaultPayloadConverter } from '@temporalio/common';
import { parseKeyRing } from '../../services/encryption';
import { createPayloadCodec } from '../../temporal-config/codec';

const key = (letter: string) => Buffer.from(letter.repeat(32)).toString('base64');
const payload = defaultPayloadConverter.toPayload({ name: 'a customer’s text' });

describe('the payload codec', () => {
  it('gives back what it encrypted, and shows nothing of it', async () => {
    const codec = createPayloadCodec(parseKeyRing(`k1:${key('a')}`));
    const [sealed] = await codec.encode([payload]);
    if (!sealed) throw new Error('nothing came back');
    expect(Buffer.from(sealed.data ?? []).toString('latin1')).not.toContain('customer');
    expect(await codec.decode([sealed])).toEqual([payload]);
  });

  it('encrypts with the first key of the ring and reads with all of them', async () => {
    const old = createPayloadCodec(parseKeyRing(`k1:${key('a')}`));
    const rotated = createPayloadCodec(parseKeyRing(`k2:${key('b')},k1:${key('a')}`));
    expect(await rotated.decode(await old.encode([payload]))).toEqual([payload]);
    await expect(old.decode(await rotated.encode([payload]))).rejects.toThrow('k2');
  });

  it('refuses a payload that was changed on the way', async () => {
    const codec = createPayloadCodec(parseKeyRing(`k1:${key('a')}`));
    const [sealed] = await codec.encode([payload]);
    const data = Buffer.from(sealed?.data ?? []);
    data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
    await expect(codec.decode([{ ...sealed, data }])).rejects.toThrow();
  });

  it('lets what is not encrypted pass', async () => {
    const codec = createPayloadCodec(parseKeyRing(`k1:${key('a')}`));
    expect(await codec.decode([payload])).toEqual([payload]);
  });
});

it.each(['', 'k1', `k1:${Buffer.from('short').toString('base64')}`])(
  'the key ring "%s" is refused',
  (text) => {
    expect(() => parseKeyRing(text)).toThrow('ENCRYPTION_KEYS');
  },
);
