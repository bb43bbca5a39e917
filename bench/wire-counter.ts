import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { countsOf, PROTOCOLS, type Protocol } from './wire-protocols';

/** What passed a relay so far. */
export interface Passed {
  /** Times that the client spoke after the server had: what one after the other had to be waited for. */
  readonly turns: number;
  /** Statements to PostgreSQL, commands to Redis, calls of gRPC. */
  readonly asked: number;
}

export interface WireCounter {
  readonly port: number;
  passed(): Passed;
}

/** Stands before a server of the run and counts what its clients ask; nothing is changed. Unencrypted connections only. */
export async function startWireCounter(
  protocol: Protocol,
  target: { readonly host: string; readonly port: number },
  port = 0,
): Promise<WireCounter> {
  let turns = 0;
  let asked = 0;

  function relay(client: Socket): void {
    const server = connect(target);
    const count = countsOf(PROTOCOLS[protocol]);
    let serverSpokeLast = true;
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (chunk: Buffer) => {
      asked += count(chunk);
      if (serverSpokeLast) turns++;
      serverSpokeLast = false;
      server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => {
      serverSpokeLast = true;
      client.write(chunk);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }

  const listener = createServer(relay);
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  const { port: own } = listener.address() as AddressInfo;
  return { port: own, passed: () => ({ turns, asked }) };
}
