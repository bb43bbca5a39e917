import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { CellValue } from '../contracts/airtable';
import { ALL_SCOPES } from '../contracts/scopes';
import type { Services } from '../services/create-services';
import { newId } from '../services/ids';
import { createEngineClient } from './engine-client';
import { FILM_FIELDS } from './films';

const MadeBase = z.object({
  id: z.string(),
  tables: z.array(
    z.object({
      id: z.string(),
      fields: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          options: z
            .object({ choices: z.array(z.object({ id: z.string(), name: z.string() })).optional() })
            .nullish(),
        }),
      ),
      views: z.array(z.object({ id: z.string() })),
    }),
  ),
});

/** One table of films in a base of its own, and how its cells are kept. */
export interface MeasuredTable {
  readonly workspaceId: string;
  readonly baseId: string;
  readonly tableId: string;
  readonly viewId: string;
  /** A field's id by its name. */
  field(name: string): string;
  /** Its name by its id. */
  nameOf(fieldId: string): string;
  /** Cells by name in the form in which they are kept: by field id, options by their ids. */
  stored(cells: Readonly<Record<string, CellValue>>): Record<string, CellValue>;
  /** The option's name for a kept value; any other value as it is. */
  shown(fieldId: string, value: CellValue): CellValue;
}

/** A user with a workspace and a token for everything, as registration leaves them. */
export async function makeToken(
  services: Services,
  email = 'bench@example.com',
): Promise<{ workspaceId: string; userId: string; token: string }> {
  const { db, registrations, workspaces, members, personalTokens } = services;
  const workspaceId = newId('workspace');
  const passwordHash = randomBytes(32).toString('hex');
  return db.system(async (tx) => {
    const person = { email, passwordHash, name: 'Bench' };
    const { registrationId, userId } = await registrations.stageRegistration(tx, person);
    await registrations.insertUser(tx, registrationId);
    await registrations.insertProfile(tx, registrationId);
    await workspaces.insertWorkspace(tx, { workspaceId, name: 'Bench' });
    await members.insertOwner(tx, { workspaceId, userId });
    const wanted = { userId, workspaceId, name: 'Bench', scopes: ALL_SCOPES, expiresInDays: 1 };
    return { workspaceId, userId, token: (await personalTokens.create(tx, wanted)).token };
  });
}

/** Makes a base with one table of films through the API. */
export async function makeTable(url: string, token: string, workspaceId: string): Promise<MeasuredTable> {
  const client = createEngineClient(url, token);
  const tables = [{ name: 'Films', fields: FILM_FIELDS }];
  const { id: baseId } = z
    .object({ id: z.string() })
    .parse(JSON.parse(await client.send('POST', '/meta/bases', { name: 'Bench', workspaceId, tables })));
  const schema: unknown = JSON.parse(await client.send('GET', `/meta/bases/${baseId}/tables`));
  client.close();
  const [table] = MadeBase.omit({ id: true }).parse(schema).tables;
  const view = table?.views[0];
  if (!table || !view) throw new Error('the base was made without its table or view');
  const ids = new Map(table.fields.map((field) => [field.name, field.id]));
  const names = new Map(table.fields.map((field) => [field.id, field.name]));
  const choices = table.fields.flatMap((f) => (f.options?.choices ?? []).map((c) => ({ field: f.id, ...c })));
  const choiceIds = new Map(choices.map((choice) => [`${choice.field} ${choice.name}`, choice.id]));
  const choiceNames = new Map(choices.map((choice) => [`${choice.field} ${choice.id}`, choice.name]));
  const field = (name: string) => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`the table has no field ${name}`);
    return id;
  };
  const known = (choices: ReadonlyMap<string, string>, id: string, value: CellValue) =>
    typeof value === 'string' ? (choices.get(`${id} ${value}`) ?? value) : value;
  return {
    workspaceId,
    baseId,
    tableId: table.id,
    viewId: view.id,
    field,
    nameOf: (id) => names.get(id) ?? id,
    stored: (cells) =>
      Object.fromEntries(
        Object.entries(cells).map(([name, value]) => [field(name), known(choiceIds, field(name), value)]),
      ),
    shown: (id, value) => known(choiceNames, id, value),
  };
}
