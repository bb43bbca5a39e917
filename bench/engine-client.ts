import { Agent, request } from 'node:http';

/** One client of the API: one connection, kept open, as the official clients keep theirs. */
export interface EngineClient {
  /** The answer's text, unparsed. Throws for any status but 200. */
  send(method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<string>;
  close(): void;
}

/** A client of the Airtable Web API at `url` (without /v0). */
export function createEngineClient(url: string, token: string): EngineClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { hostname, port } = new URL(url);
  return {
    send(method, path, body) {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        authorization: `Bearer ${token}`,
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }),
      };
      return new Promise((resolve, reject) => {
        const sent = request({ agent, hostname, port, method, path: `/v0${path}`, headers }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const answer = Buffer.concat(parts).toString('utf8');
            if (response.statusCode === 200) resolve(answer);
            else reject(new Error(`${method} ${path.slice(0, 200)}: ${response.statusCode} ${answer}`));
          });
        });
        sent.on('error', reject);
        sent.end(text);
      });
    },
    close: () => agent.destroy(),
  };
}
