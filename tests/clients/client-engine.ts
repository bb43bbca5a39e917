import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { inspect } from 'node:util';
import pino from 'pino';
import { createApp } from '../../api/app';
import { ALL_SCOPES, type Scope } from '../../contracts/scopes';
import { createServices } from '../../services/create-services';
import { createTemporalClient } from '../../temporal-config/connection';
import { testConfig } from '../support/config';
import { createTestDatabase } from '../support/database';
import { createPeople } from '../support/people';

/** What a client program is told, and all that it knows. */
export interface ClientWorld {
  readonly url: string;
  readonly workspaceId: string;
  /** All scopes, of Ada, who owns the workspace. */
  readonly token: string;
  /** Ada’s too, without any scope that writes. */
  readonly readerToken: string;
  /** Of another workspace. */
  readonly strangerToken: string;
  readonly people: Readonly<Record<'ada' | 'grace', Person>>;
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

export interface ClientEngine {
  readonly world: ClientWorld;
  /** What the server logged as its own fault. */
  readonly faults: string[];
  close(): Promise<void>;
}

/** Bodies and queries of clients are longer than Node’s own limit for all headers; the API process allows as much. */
const MAX_HEADER_BYTES = 65_536;

/** The whole application, as the API process has it, on a local port, with two people in a workspace of their own; `outside` are hosts that it may fetch from. */
export async function startClientEngine(outside: readonly string[] = []): Promise<ClientEngine> {
  const database = await createTestDatabase();
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES });
  const host = `127.0.0.1:${await listen(server)}`;
  const url = `http://${host}`;
  // Clients copy attachments by the addresses that the engine itself gave out: here those are not public.
  const fetchHosts = [host, ...outside].join();
  const config = testConfig({ DATABASE_URL: database.url, API_URL: url, FETCH_HOSTS: fetchHosts });
  const faults: string[] = [];
  const services = createServices(config, (error) => void faults.push(inspect(error)));
  const temporal = createTemporalClient(config);
  const logger = pino({ level: 'error' }, { write: (line: string) => void faults.push(line) });
  server.on('request', createApp({ config, services, temporal, logger, uiUrl: `${url}/temporal` }));

  const people = createPeople(services.db);
  const person = async (name: string): Promise<Person> => {
    const { userId, email } = await people.register(name);
    return { id: userId, email, name };
  };
  const [ada, grace, stranger] = [await person('Ada'), await person('Grace'), await person('Mallory')];
  const workspaceId = await people.found(ada.id);
  await people.join(workspaceId, { email: grace.email, userId: ada.id }, 'editor');
  const elsewhere = await people.found(stranger.id);
  const mint = async (userId: string, of: string, scopes: readonly Scope[]): Promise<string> => {
    const made = { userId, workspaceId: of, name: randomUUID(), scopes, expiresInDays: 1 };
    return (await services.db.system((tx) => services.personalTokens.create(tx, made))).token;
  };

  const reading = ALL_SCOPES.filter((scope) => scope.endsWith(':read'));
  const world = {
    url,
    workspaceId,
    token: await mint(ada.id, workspaceId, ALL_SCOPES),
    readerToken: await mint(ada.id, workspaceId, reading),
    strangerToken: await mint(stranger.id, elsewhere, ALL_SCOPES),
    people: { ada, grace },
  };
  return {
    world,
    faults,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await temporal.connection.close();
      await services.close();
      await database.drop();
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
