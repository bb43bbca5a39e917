import { createServer, type Socket } from 'node:net';

/** One connection as the server sees it. */
export interface RawConnection {
  readonly socket: Socket;
  /** All bytes that came, as text. */
  received: string;
  readonly closed: Promise<void>;
}

export interface RawServer {
  readonly port: number;
  readonly connections: RawConnection[];
  /** Called for each piece that comes. */
  onData: (connection: RawConnection) => void;
  onConnection: (connection: RawConnection) => void;
  close(): Promise<void>;
}

/** A TCP server that speaks no protocol: a test sees and writes the very bytes. */
export async function startRawServer(): Promise<RawServer> {
  const connections: RawConnection[] = [];
  const tcp = createServer((socket) => {
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const connection: RawConnection = { socket, received: '', closed };
    connections.push(connection);
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      connection.received += piece.toString('latin1');
      server.onData(connection);
    });
    server.onConnection(connection);
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const address = tcp.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const server: RawServer = {
    port: address.port,
    connections,
    onData: () => undefined,
    onConnection: () => undefined,
    async close() {
      const ended = new Promise((resolve) => tcp.close(resolve));
      for (const { socket } of connections) socket.destroy();
      await ended;
    },
  };
  return server;
}

/** An answer of HTTP with a body of that text. */
export function http(status: number, text: string, headers: readonly string[] = []): string {
  return [`HTTP/1.1 ${status} X`, `content-length: ${Buffer.byteLength(text)}`, ...headers, '', text].join(
    '\r\n',
  );
}

/** How many requests have come on all connections together. */
export const requestsTo = (server: RawServer) =>
  server.connections.reduce((n, { received }) => n + (received.match(/ HTTP\/1\.1\r\n/g)?.length ?? 0), 0);
