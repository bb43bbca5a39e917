import sharp, { type Sharp } from 'sharp';

export type PictureKind = 'small' | 'large' | 'full';

/** A smaller picture made of an image. */
export interface Picture {
  readonly kind: PictureKind;
  readonly width: number;
  readonly height: number;
  readonly type: 'image/jpeg' | 'image/png';
  readonly bytes: Buffer;
}

/** In pixels, turned the way the camera says. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Largest sizes in pixels; nothing is enlarged. Source: answers of the Airtable Web API: small is 36 high, large 512 high,
 * full at most 3,000 either way.
 */
const SIZES: Readonly<Record<PictureKind, { readonly width: number; readonly height: number }>> = {
  small: { width: 3_000, height: 36 },
  large: { width: 3_000, height: 512 },
  full: { width: 3_000, height: 3_000 },
};

/** Larger images are kept without pictures: a few compressed bytes can hold a billion pixels. */
const MAX_PIXELS = 100_000_000;
/** An image that takes longer is given up. */
const MAX_SECONDS = 20;

/** Raster formats only: SVG and PDF bring parsers of their own, and what they show can refer to other files. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'];

/**
 * Reads an image when its turn comes, hands each picture of it to `use` and gives its size; undefined where the bytes are
 * no image that can be read, or one of too many pixels.
 */
export type MakePictures = (
  load: () => Promise<Buffer>,
  use: (picture: Picture) => Promise<void>,
) => Promise<ImageSize | undefined>;

/** Prepares the image library for files that strangers sent: raster formats only, no cache, one thread, one image at a time. */
export function createPictures(): MakePictures {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS.map((name) => `VipsForeignLoad${name}`) });
  sharp.cache(false);
  sharp.concurrency(1);
  let last: Promise<unknown> = Promise.resolve();

  return function makePictures(load, use) {
    const turn = last.then(async () => cutPictures(await load(), use));
    last = turn.catch(() => undefined);
    return turn;
  };
}

function open(image: Buffer): Sharp {
  return sharp(image, { limitInputPixels: MAX_PIXELS, sequentialRead: true, autoOrient: true }).timeout({
    seconds: MAX_SECONDS,
  });
}

async function cutPictures(
  image: Buffer,
  use: (picture: Picture) => Promise<void>,
): Promise<ImageSize | undefined> {
  if (image.length === 0) return undefined;
  const size = await open(image)
    .metadata()
    .catch(() => undefined);
  if (!size) return undefined;
  const { width, height } = size.autoOrient;
  for (const kind of ['small', 'large', 'full'] as const) {
    const picture = await cutPicture(image, kind, size.hasAlpha).catch(() => undefined);
    // Its head could be read and its pixels cannot: it has a size and no pictures.
    if (!picture) break;
    await use(picture);
  }
  return { width, height };
}

/** Metadata (places, cameras, names) is left behind. */
async function cutPicture(image: Buffer, kind: PictureKind, transparent: boolean): Promise<Picture> {
  const resized = open(image).resize({ ...SIZES[kind], fit: 'inside', withoutEnlargement: true });
  const { data, info } = await (
    transparent ? resized.png({ compressionLevel: 6 }) : resized.jpeg({ quality: 80, mozjpeg: false })
  ).toBuffer({ resolveWithObject: true });
  const type = transparent ? 'image/png' : 'image/jpeg';
  return { kind, width: info.width, height: info.height, type, bytes: data };
}
