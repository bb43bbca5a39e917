/** How a client's messages are told apart: `next` reads the first of `bytes`, and is undefined until that much is there. */
interface Framing {
  next(bytes: Buffer, first: boolean): { readonly length: number; readonly counts: boolean } | undefined;
}

const EXECUTE = 'E'.charCodeAt(0);
const SIMPLE_QUERY = 'Q'.charCodeAt(0);

/** Frontend messages: a type and a length; the first one has no type. Statements are counted as they are carried out. */
const postgres: Framing = {
  next(bytes, first) {
    if (bytes.length < (first ? 4 : 5)) return undefined;
    const length = first ? bytes.readUInt32BE(0) : 1 + bytes.readUInt32BE(1);
    return { length, counts: !first && (bytes[0] === EXECUTE || bytes[0] === SIMPLE_QUERY) };
  },
};

/** RESP: an array of texts with their lengths. */
const redis: Framing = {
  next(bytes) {
    const line = (from: number) => {
      const end = bytes.indexOf('\r\n', from);
      return end < 0 ? undefined : { size: Number(bytes.toString('latin1', from + 1, end)), end: end + 2 };
    };
    const head = line(0);
    if (!head) return undefined;
    let { end } = head;
    for (let n = 0; n < head.size; n++) {
      const text = line(end);
      if (!text) return undefined;
      end = text.end + text.size + 2;
    }
    return { length: end, counts: true };
  },
};

const PREFACE = 24;
const FRAME_HEAD = 9;
const HEADERS = 1;

/** HTTP/2: each call begins with one frame of headers; trailers come from the server only. */
const grpc: Framing = {
  next(bytes, first) {
    if (first) return bytes.length < PREFACE ? undefined : { length: PREFACE, counts: false };
    if (bytes.length < FRAME_HEAD) return undefined;
    return { length: FRAME_HEAD + bytes.readUIntBE(0, 3), counts: bytes[3] === HEADERS };
  },
};

export const PROTOCOLS = { postgres, redis, grpc } as const;
export type Protocol = keyof typeof PROTOCOLS;

/** A counter for one connection: is given what the client sent, in order, and answers how many questions were complete with it. */
export function countsOf(framing: Framing): (chunk: Buffer) => number {
  let rest = Buffer.alloc(0);
  let first = true;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    let asked = 0;
    for (;;) {
      const one = framing.next(rest, first);
      if (!one || one.length > rest.length) return asked;
      if (one.counts) asked++;
      rest = rest.subarray(one.length);
      first = false;
    }
  };
}
