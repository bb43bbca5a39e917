import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import sharp from 'sharp';
import { z } from 'zod';
import { createAttachmentFetching } from '../../../services/engine/attachments/attachment-fetching';
import { createDownloadLinks } from '../../../services/engine/attachments/download-links';
import { createEngine, type Engine } from '../../../services/engine/engine';
import type { BasePlace } from '../../../services/engine/place';
import type { EngineBase } from '../../../services/engine/schema';
import { createFiles, type Files } from '../../../services/files/files';
import { createGuardedFetch } from '../../../services/files/guarded-fetch';
import { createPictures } from '../../../services/files/pictures';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { insertWorkspace } from './engine-fixture';

export const START = new Date('2026-03-01T12:00:00.000Z');

/** A clock that stands until it is moved. */
export function createStandingClock() {
  let now = START.getTime();
  return {
    now: () => new Date(now),
    /** Milliseconds. */
    advance: (by: number) => void (now += by),
  };
}

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

/** A web server with files to be attached. Answers can be changed; it counts the requests of each path. */
export async function startSource() {
  const answers = new Map<string, Answer>();
  const counts = new Map<string, number>();
  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://source').pathname;
    counts.set(path, (counts.get(path) ?? 0) + 1);
    const answer = answers.get(path);
    if (answer) answer(req, res);
    else res.writeHead(404).end('nothing here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const host = `127.0.0.1:${address.port}`;
  return {
    host,
    url: (path: string) => `http://${host}${path}`,
    count: (path: string) => counts.get(path) ?? 0,
    answer: (path: string, answer: Answer) => void answers.set(path, answer),
    serve: (path: string, type: string, bytes: Buffer) =>
      void answers.set(path, (_req, res) => res.writeHead(200, { 'content-type': type }).end(bytes)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Source = Awaited<ReturnType<typeof startSource>>;

/** A PNG of the given size. */
export function png(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
}

const TABLES = [
  {
    name: 'Things',
    fields: [
      { name: 'Name', type: 'singleLineText' },
      { name: 'Files', type: 'multipleAttachments' },
      { name: 'More', type: 'multipleAttachments', options: { isReversed: true } },
    ],
  },
  {
    name: 'Others',
    fields: [
      { name: 'Name', type: 'singleLineText' },
      { name: 'Files', type: 'multipleAttachments' },
    ],
  },
];

/** An attachment as the API answers with it; tests say what they expect of it. */
export const Attached = z.looseObject({ id: z.string(), url: z.string(), filename: z.string() });
export type Attached = z.infer<typeof Attached>;

export interface AttachmentFixture {
  readonly database: TestDatabase;
  readonly engine: Engine;
  readonly files: Files;
  readonly source: Source;
  readonly clock: ReturnType<typeof createStandingClock>;
  readonly links: ReturnType<typeof createDownloadLinks>;
  readonly workspaceId: string;
  readonly base: EngineBase;
  readonly reported: unknown[];
  /** How often a vanished attachment told of notifications to send. */
  readonly committed: string[][];
  /** Another process that works on attachments. */
  newFetching(): ReturnType<typeof createAttachmentFetching>;
  /** Does all the background work that is due. */
  process(): Promise<number>;
  run<T>(work: (place: BasePlace) => Promise<T>): Promise<T>;
  /** Creates a record of Things and returns its id. */
  create(fields: Readonly<Record<string, unknown>>, typecast?: boolean): Promise<string>;
  /** The attachments in a cell of a record of Things. */
  cell(recordId: string, field?: string): Promise<Attached[]>;
  close(): Promise<void>;
}

/** A base with attachment fields, a source of files and the background work. `apiUrl` is where download links lead. */
export async function createAttachmentFixture(apiUrl = 'http://engine.test'): Promise<AttachmentFixture> {
  const database = await createTestDatabase();
  const { db } = database;
  const clock = createStandingClock();
  const links = createDownloadLinks({ url: apiUrl, secret: 'a secret of at least thirty-two letters' });
  const engine = createEngine({ clock, links });
  const source = await startSource();
  const files = createFiles(db);
  const workspaceId = await insertWorkspace(database);
  const base = await db.tenant(workspaceId, (tx) =>
    engine.createBase(tx, workspaceId, { name: 'Base', tables: TABLES }),
  );
  const reported: unknown[] = [];
  const committed: string[][] = [];
  const makePictures = createPictures();
  const newFetching = () =>
    createAttachmentFetching({
      db,
      files,
      fetch: createGuardedFetch({ fetchHosts: [source.host] }),
      links,
      makePictures,
      engine,
      clock,
      onCommitted: (effects) => void committed.push([...effects]),
      report: (error) => void reported.push(error),
    });
  const fetching = newFetching();
  const run = <T>(work: (place: BasePlace) => Promise<T>) =>
    db.tenant(workspaceId, (tx) => work(engine.open(tx, workspaceId, base.id)));
  return {
    database,
    engine,
    files,
    source,
    clock,
    links,
    workspaceId,
    base,
    reported,
    committed,
    newFetching,
    process: () => fetching.processPending(),
    run,
    async create(fields, typecast = false) {
      const record = await db.tenant(workspaceId, (tx) =>
        engine.createRecord(tx, workspaceId, base.id, 'Things', { fields, typecast }),
      );
      return record.id;
    },
    async cell(recordId, field = 'Files') {
      const record = await db.tenant(workspaceId, (tx) =>
        engine.getRecord(tx, workspaceId, base.id, 'Things', recordId),
      );
      return z.array(Attached).parse(record.fields[field] ?? []);
    },
    async close() {
      await source.close();
      await database.drop();
    },
  };
}
