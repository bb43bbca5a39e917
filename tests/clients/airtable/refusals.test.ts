import { empty, startFilmBase, type FilmBase } from './film-base';

let s: FilmBase;
beforeAll(async () => {
  s = await startFilmBase();
  await empty(s.films);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await s.close();
  expect(s.engine.faults).toEqual([]);
});

const refused = (statusCode: number, error: string, message: unknown = expect.any(String)) =>
  expect.objectContaining({ statusCode, error, message }) as unknown;

test('a request that cannot be carried out arrives with Airtable’s type and message', async () => {
  const cases: [() => Promise<unknown>, string, string][] = [
    [() => s.films.create({ Nope: 1 }), 'UNKNOWN_FIELD_NAME', 'Unknown field name: "Nope"'],
    [
      () => s.films.create({ Gross: 'many' }),
      'INVALID_VALUE_FOR_COLUMN',
      'Field "Gross" cannot accept the provided value',
    ],
    [
      () => s.films.create({ Rating: 'X' }),
      'INVALID_MULTIPLE_CHOICE_OPTIONS',
      'Insufficient permissions to create new select option ""X""',
    ],
    [() => s.films.select({ view: 'Nope' }).all(), 'VIEW_NAME_NOT_FOUND', 'View Nope not found'],
    [
      () => s.films.update([{ id: 'recAAAAAAAAAAAAAA', fields: {} }]),
      'ROW_DOES_NOT_EXIST',
      'Record ID recAAAAAAAAAAAAAA does not exist in this table',
    ],
  ];
  for (const [call, type, message] of cases)
    await expect(call()).rejects.toEqual(refused(422, type, message));
  const formula = s.films.select({ filterByFormula: '{Nope} = 1' }).all();
  await expect(formula).rejects.toEqual(
    refused(422, 'INVALID_FILTER_BY_FORMULA', expect.stringMatching(/nope$/)),
  );
  expect(await s.films.select().all()).toEqual([]);
});

test('who may not, and what is not there', async () => {
  const { readerToken, strangerToken } = s.engine.world;
  const films = (apiKey: string) => s.connect({ apiKey })('Films');
  await expect(films('pat_unknown').select().all()).rejects.toEqual(refused(401, 'AUTHENTICATION_REQUIRED'));
  expect(await films(readerToken).select().all()).toEqual([]);
  await expect(films(readerToken).create({ Title: 'x' })).rejects.toEqual(refused(403, 'NOT_AUTHORIZED'));
  await expect(films(strangerToken).select().all()).rejects.toEqual(refused(403, 'NOT_AUTHORIZED'));
  await expect(s.base('Nope').select().all()).rejects.toEqual(refused(403, 'NOT_AUTHORIZED'));
  await expect(s.films.find('recAAAAAAAAAAAAAA')).rejects.toEqual(refused(404, 'NOT_FOUND'));
  await expect(s.films.destroy('recAAAAAAAAAAAAAA')).rejects.toMatchObject({
    statusCode: expect.any(Number) as number,
  });
});

test('a body that is too large', async () => {
  const call = s.films.create({ Notes: 'x'.repeat(9_000_000) });
  await expect(call).rejects.toEqual(refused(413, 'REQUEST_TOO_LARGE'));
});

describe('over the limit of a base that behaves like Airtable', () => {
  const imitation = () => `/meta/bases/${s.base.getId()}/imitation`;
  afterEach(() => s.call('DELETE', imitation()));

  test.each(['object', 'list'])('429 as an %s is an error where nothing is tried again', async (body) => {
    await s.call('PUT', imitation(), { perBase: 1, lockOutSeconds: 0, body });
    const calls = Array.from({ length: 3 }, () => s.films.select().firstPage());
    const refusals = (await Promise.allSettled(calls)).filter((call) => call.status === 'rejected');
    // At most one of them, as the calls of the last second count too.
    expect(refusals.length).toBeGreaterThanOrEqual(2);
    for (const { reason } of refusals) expect(reason).toEqual(refused(429, 'TOO_MANY_REQUESTS'));
  });

  test('the package tries again until all are through', async () => {
    await s.call('PUT', imitation(), { perBase: 5, lockOutSeconds: 0.2, body: 'alternate' });
    // It waits a random part of 5 s, and twice as long each time: here a small part.
    jest.spyOn(Math, 'random').mockReturnValue(0.05);
    const patient = s.connect({ noRetryIfRateLimited: false })('Films');
    const made = await Promise.all(Array.from({ length: 12 }, (_, n) => patient.create({ Title: `F${n}` })));
    expect(new Set(made.map((record) => record.id)).size).toBe(12);
    await s.call('DELETE', imitation());
    expect(await s.films.select().all()).toHaveLength(12);
  });

  test('when the month’s calls are spent', async () => {
    await s.call('PUT', imitation(), { monthlyCalls: 0 });
    await expect(s.films.select().firstPage()).rejects.toEqual(refused(429, 'TOO_MANY_REQUESTS'));
  });
});
