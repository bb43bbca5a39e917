import { z } from 'zod';
import { pollUntil } from '../../support/poll';
import { startOutsideServer, type OutsideServer } from '../outside-server';
import { startFilmBase, type FilmBase } from './film-base';

const Made = z.object({ id: z.string() });
const Attachments = z.array(
  z.object({
    id: z.string(),
    url: z.string(),
    filename: z.string(),
    size: z.number().optional(),
    thumbnails: z.object({ small: z.object({ url: z.string() }) }).optional(),
  }),
);

let s: FilmBase;
let outside: OutsideServer;
beforeAll(async () => {
  outside = await startOutsideServer();
  s = await startFilmBase([outside.host]);
});
afterAll(async () => {
  await outside.close();
  await s.close();
  expect(s.engine.faults).toEqual([]);
});

test('computed fields are read and cannot be written', async () => {
  const meta = `/meta/bases/${s.base.getId()}/tables`;
  const fields = [{ name: 'Number', type: 'singleLineText' }];
  const { id } = Made.parse(await s.call('POST', meta, { name: 'Tickets', fields }));
  // Airtable makes none of them over its API; the engine does, as an extension.
  const make = async (name: string, type: string, options?: unknown) =>
    Made.parse(
      await s.call('POST', `${meta}/${id}/fields`, { name, type, ...(options !== undefined && { options }) }),
    );
  const films = s.tables.find((table) => table.name === 'Films');
  const link = await make('Films', 'multipleRecordLinks', { linkedTableId: films?.id });
  await make('Count', 'count', { recordLinkFieldId: link.id });
  const titles = { recordLinkFieldId: link.id, fieldIdInLinkedTable: s.field('Title') };
  await make('Titles', 'multipleLookupValues', titles);
  for (const type of ['autoNumber', 'createdTime', 'createdBy', 'lastModifiedTime', 'lastModifiedBy'])
    await make(type, type);

  const tickets = s.base('Tickets');
  const alien = await s.films.create({ Title: 'Alien' });
  const first = await tickets.create({ Number: 'A1', Films: [alien.id] });
  const second = await tickets.create({ Number: 'A2' });
  const { ada } = s.engine.world.people;
  const cells = (await tickets.find(first.id)).fields;
  expect(cells).toEqual({
    Number: 'A1',
    Films: [alien.id],
    Count: 1,
    Titles: ['Alien'],
    autoNumber: 1,
    createdTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    createdBy: ada,
    lastModifiedTime: cells['createdTime'],
    lastModifiedBy: ada,
  });
  expect((await tickets.find(second.id)).fields).toMatchObject({ autoNumber: 2, Count: 0 });
  for (const name of ['Count', 'Titles', 'autoNumber', 'createdTime', 'lastModifiedBy']) {
    const write = tickets.update(first.id, { [name]: 'x' });
    await expect(write).rejects.toMatchObject({
      error: 'INVALID_VALUE_FOR_COLUMN',
      message: `Field "${name}" cannot accept a value because the field is computed`,
    });
  }
  expect((await tickets.find(first.id)).fields).toEqual(cells);
  const sorted = await tickets.select({ sort: [{ field: 'autoNumber', direction: 'desc' }] }).all();
  expect(sorted.map((record) => record.id)).toEqual([second.id, first.id]);
});

test('attachments are written by address and read with their links', async () => {
  const films = s.tables.find((table) => table.name === 'Films');
  const fields = `/meta/bases/${s.base.getId()}/tables/${films?.id}/fields`;
  await s.call('POST', fields, { name: 'Posters', type: 'multipleAttachments' });
  // The package's types want all that is read of an attachment where one is written.
  const posters = [
    { url: `${outside.url}/poster.png` },
    { url: `${outside.url}/notes.txt`, filename: 'a.txt' },
  ];
  const made = await s.films.create([{ fields: { Title: 'Alien', Posters: posters as never } }]);
  const id = made[0]?.id ?? '';
  const read = async () => Attachments.parse((await s.films.find(id)).get('Posters'));
  const [poster, notes] = await pollUntil('both are fetched, with thumbnails', async () => {
    const found = await read();
    return found.every((file) => file.size !== undefined) && found[0]?.thumbnails ? found : undefined;
  });
  if (!poster || !notes) throw new Error('there are two');
  expect([poster.filename, notes.filename]).toEqual(['poster.png', 'a.txt']);
  expect(await (await fetch(notes.url)).text()).toBe('From outside');
  expect((await fetch(poster.thumbnails?.small.url ?? '')).headers.get('content-type')).toMatch(/^image\//);
  const kept = await s.films.update(id, { Posters: [{ id: notes.id }] as never });
  expect(Attachments.parse(kept.get('Posters')).map((file) => file.id)).toEqual([notes.id]);
});
