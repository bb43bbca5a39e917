import type { CopyWorld, Json } from './copy-world';

/** A base with every field type that the engine has. */
export interface SourceBase {
  readonly baseId: string;
  /** A table's id, and a field's, by name. */
  table(name: string): string;
  field(table: string, name: string): string;
  /** Records by table, in order. */
  readonly records: Readonly<Record<string, readonly string[]>>;
}

const GREEN = { icon: 'check', color: 'greenBright' };
const ISO = { dateFormat: { name: 'iso' } };
const MINUTES = { ...ISO, timeFormat: { name: '24hour' }, timeZone: 'Europe/Berlin' };

const TABLES = [
  {
    name: 'Directors',
    description: 'Who made them',
    fields: [
      { name: 'Name', type: 'singleLineText' },
      { name: 'Number', type: 'autoNumber' },
      { name: 'Made', type: 'createdTime' },
      { name: 'Maker', type: 'createdBy' },
      { name: 'Changed', type: 'lastModifiedTime' },
      { name: 'Changer', type: 'lastModifiedBy' },
    ],
  },
  {
    name: 'Films',
    fields: [
      { name: 'Title', type: 'singleLineText', description: 'As it was released' },
      { name: 'Notes', type: 'multilineText' },
      { name: 'Rich', type: 'richText' },
      { name: 'Mail', type: 'email' },
      { name: 'Site', type: 'url' },
      { name: 'Phone', type: 'phoneNumber' },
      { name: 'Gross', type: 'number', options: { precision: 2 } },
      { name: 'Budget', type: 'currency', options: { precision: 2, symbol: '$' } },
      { name: 'Share', type: 'percent', options: { precision: 1 } },
      { name: 'Stars', type: 'rating', options: { icon: 'star', color: 'yellowBright', max: 5 } },
      { name: 'Length', type: 'duration', options: { durationFormat: 'h:mm' } },
      { name: 'Seen', type: 'checkbox', options: GREEN },
      { name: 'Rated', type: 'singleSelect', options: { choices: [{ name: 'PG' }, { name: 'R' }] } },
      { name: 'Genres', type: 'multipleSelects', options: { choices: [{ name: 'Drama' }, { name: 'War' }] } },
      { name: 'Released', type: 'date', options: ISO },
      { name: 'Shown', type: 'dateTime', options: MINUTES },
      { name: 'Owner', type: 'singleCollaborator' },
      { name: 'Crew', type: 'multipleCollaborators' },
      { name: 'Files', type: 'multipleAttachments' },
      { name: 'Code', type: 'barcode' },
      { name: 'Director', type: 'multipleRecordLinks', options: { linkedTableId: 'Directors' } },
      { name: 'Sequels', type: 'multipleRecordLinks', options: { linkedTableId: 'Films' } },
    ],
  },
];

/** Makes that base at the source, with records, links, comments and an attachment. */
export async function makeSourceBase(world: CopyWorld): Promise<SourceBase> {
  const made = await world.database.db.tenant(world.source.workspaceId, (tx) =>
    world.engine.createBase(tx, world.source.workspaceId, { name: 'Films', tables: TABLES }),
  );
  const baseId = made.id;
  const find = (name: string, tables = made.tables) => {
    const table = tables.find((t) => t.name === name);
    if (!table) throw new Error(`no table ${name}`);
    return table;
  };
  const field = (table: string, name: string) => {
    const found = find(table).fields.find((f) => f.name === name);
    if (!found) throw new Error(`no field ${name}`);
    return found.id;
  };
  const path = (name: string) => `/${baseId}/${find(name).id}`;
  const create = async (name: string, rows: readonly Json[]): Promise<string[]> => {
    const records = rows.map((fields) => ({ fields }));
    const answer = await world.call('source', 'POST', path(name), { records });
    return (answer['records'] as { id: string }[]).map(({ id }) => id);
  };
  const directors = await create('Directors', [{ Name: 'Agnès Varda' }, { Name: 'Akira Kurosawa' }, {}]);
  const who = { id: world.source.userId };
  const full = {
    Title: 'Vagabond',
    Notes: 'First line\nsecond: 🎬 "quoted"',
    Rich: '**bold**',
    Mail: 'someone@example.com',
    Site: 'https://example.com/?a=1',
    Phone: '+49 30 1234',
    Gross: 12.5,
    Budget: 0,
    Share: 0.123,
    Stars: 4,
    Length: 6300,
    Seen: true,
    Rated: 'R',
    Genres: ['War', 'Drama'],
    Released: '1985-12-04',
    Shown: '1985-12-04T19:30:00.000Z',
    Owner: who,
    Crew: [who],
    Code: { text: '4006381333931', type: 'ean13' },
    Director: [directors[1], directors[0]],
  };
  const films = await create('Films', [full, { Title: 'Ran', Director: [directors[1]] }, {}]);
  const more = await world.call('source', 'POST', path('Films'), {
    records: [{ fields: { Title: 'Ran 2', Sequels: [films[1], films[0]] } }],
  });
  const last = (more['records'] as { id: string }[]).map(({ id }) => id);
  await world.call('source', 'POST', `/meta/bases/${baseId}/tables/${find('Directors').id}/fields`, {
    name: 'Films made',
    type: 'count',
    options: {
      recordLinkFieldId: find('Directors').fields.find((f) => f.type === 'multipleRecordLinks')?.id,
    },
  });
  await world.call('source', 'POST', `/meta/bases/${baseId}/tables/${find('Films').id}/fields`, {
    name: 'Director names',
    type: 'multipleLookupValues',
    options: {
      recordLinkFieldId: field('Films', 'Director'),
      fieldIdInLinkedTable: field('Directors', 'Name'),
    },
  });
  await world.call('source', 'PATCH', path('Directors'), {
    records: [{ id: directors[0], fields: { Name: 'Agnes Varda' } }],
  });
  await world.attach(
    baseId,
    films[0] ?? '',
    field('Films', 'Files'),
    'scene.txt',
    Buffer.from('Interior. Day.'),
  );
  const first = await world.call('source', 'POST', `${path('Films')}/${films[0]}/comments`, {
    text: `What do you say, @[${world.source.userId}]?`,
  });
  await world.call('source', 'POST', `${path('Films')}/${films[0]}/comments`, {
    text: 'A masterpiece',
    parentCommentId: first['id'],
  });
  return {
    baseId,
    table: (name) => find(name).id,
    field,
    records: { Directors: directors, Films: [...films, ...last] },
  };
}
