import fc from 'fast-check';
import { countsOf, PROTOCOLS } from '../../bench/wire-protocols';

const message = (type: string, body: string) => {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
};
const startup = Buffer.concat([Buffer.from([0, 0, 0, 8]), Buffer.from([0, 3, 0, 0])]);
const frame = (type: number, length: number) =>
  Buffer.concat([Buffer.from([0, 0, length, type, 0, 0, 0, 0, 1]), Buffer.alloc(length, 1)]);

const conversations = [
  {
    name: 'statements to PostgreSQL: simple ones and executions',
    protocol: PROTOCOLS.postgres,
    sent: [
      startup,
      message('Q', 'BEGIN'),
      message('P', 'QE'),
      message('B', ''),
      message('E', 'x'),
      message('S', ''),
    ],
    asked: 2,
  },
  {
    name: 'commands to Redis, whatever their arguments look like',
    protocol: PROTOCOLS.redis,
    sent: [Buffer.from('*2\r\n$3\r\nGET\r\n$4\r\n*1\r\n\r\n'), Buffer.from('*1\r\n$4\r\nPING\r\n')],
    asked: 2,
  },
  {
    name: 'calls of gRPC: one frame of headers each',
    protocol: PROTOCOLS.grpc,
    sent: [
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      frame(4, 0),
      frame(1, 30),
      frame(0, 200),
      frame(6, 8),
    ],
    asked: 1,
  },
];

test.each(conversations)('counts $name, in whatever pieces they come', ({ protocol, sent, asked }) => {
  const all = Buffer.concat(sent);
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: all.length - 1 }), { maxLength: 8 }), (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), all.length];
      const count = countsOf(protocol);
      const counted = ends.map((end, n) => count(all.subarray(ends[n - 1] ?? 0, end)));
      expect(counted.reduce((sum, one) => sum + one, 0)).toBe(asked);
    }),
    { seed: 6 },
  );
});
