import sharp from 'sharp';
import { createPictures, type Picture } from '../../../services/files/pictures';

const makePictures = createPictures();

function canvas(width: number, height: number, channels: 3 | 4 = 3) {
  return sharp({ create: { width, height, channels, background: { r: 200, g: 30, b: 30, alpha: 0.5 } } });
}

async function picturesOf(image: Buffer) {
  const made: Picture[] = [];
  const size = await makePictures(
    async () => image,
    async (picture) => void made.push(picture),
  );
  return { size, made, sizes: Object.fromEntries(made.map((p) => [p.kind, `${p.width}x${p.height}`])) };
}

describe('pictures of an image', () => {
  it('are 36 and 512 high and at most 3,000 either way', async () => {
    const { size, sizes } = await picturesOf(await canvas(4_000, 2_000).jpeg().toBuffer());
    expect(size).toEqual({ width: 4_000, height: 2_000 });
    expect(sizes).toEqual({ small: '72x36', large: '1024x512', full: '3000x1500' });
  });

  it('are never larger than the image', async () => {
    const { sizes } = await picturesOf(await canvas(20, 10).png().toBuffer());
    expect(sizes).toEqual({ small: '20x10', large: '20x10', full: '20x10' });
  });

  it('stand the way the camera was held, and hold nothing the camera noted', async () => {
    const { size, made } = await picturesOf(
      await canvas(800, 400).jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    );
    expect(size).toEqual({ width: 400, height: 800 });
    expect(made[0]).toMatchObject({ width: 18, height: 36 });
    expect(await sharp(made[1]?.bytes).metadata()).not.toHaveProperty('exif');
  });

  it.each(['png', 'webp', 'gif', 'tiff', 'avif'] as const)('are made of %s', async (format) => {
    const { size, made } = await picturesOf(await canvas(64, 64).toFormat(format).toBuffer());
    expect(size).toEqual({ width: 64, height: 64 });
    expect(made).toHaveLength(3);
  });

  it('stay transparent', async () => {
    const { made } = await picturesOf(await canvas(50, 50, 4).png().toBuffer());
    expect(made.map((picture) => picture.type)).toEqual(['image/png', 'image/png', 'image/png']);
  });

  it.each([
    ['text', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    [
      'svg',
      Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
      ),
    ],
    ['pdf', Buffer.from('%PDF-1.4')],
  ])('are not made of %s', async (_what, bytes) => {
    expect(await picturesOf(bytes)).toMatchObject({ size: undefined, made: [] });
  });

  it('are not made of a few bytes that unfold to two hundred million pixels', async () => {
    const bomb = await canvas(20_000, 10_000).png().toBuffer();
    expect(bomb.length).toBeLessThan(5_000_000);
    expect(await picturesOf(bomb)).toMatchObject({ size: undefined, made: [] });
  });

  it('are not made of an image that ends in the middle', async () => {
    const whole = await sharp(
      Buffer.from(Array.from({ length: 300 * 300 * 3 }, (_, i) => (i * 7919) % 251)),
      {
        raw: { width: 300, height: 300, channels: 3 },
      },
    )
      .png()
      .toBuffer();
    const { size, made } = await picturesOf(whole.subarray(0, whole.length / 2));
    expect(size).toEqual({ width: 300, height: 300 });
    expect(made).toEqual([]);
  });
});
