import { RecordId } from '../../../contracts/ids';
import { sampleBase } from '../../../services/sample/sample-base';

const base = sampleBase();
const films = base.records['Films'] ?? [];

const names = new Map(
  Object.entries(base.records).map(([table, records]) => [
    table,
    new Set(records.map((r) => r.cells['Name'])),
  ]),
);
const namesOf = (table: string) => names.get(table) ?? new Set();

describe('the sample base', () => {
  it('holds 3,201 films, their directors and distributors', () => {
    expect(base.tables.map((table) => [table.name, table.fields.length])).toEqual([
      ['Films', 16],
      ['Directors', 1],
      ['Distributors', 1],
    ]);
    expect(films).toHaveLength(3_201);
    expect(base.records['Directors']).toHaveLength(550);
    expect(base.records['Distributors']).toHaveLength(174);
  });

  it('is the same at every call, with well-formed ids that are all different', () => {
    expect(sampleBase()).toEqual(base);
    const keys = Object.values(base.records).flatMap((records) => records.map((record) => record.key));
    for (const key of keys) expect(RecordId.safeParse(key).success).toBe(true);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('keeps the mess that the demo cleans', () => {
    const unrated = films.filter((film) => film.cells['MPAA Rating'] === undefined);
    const future = films.filter((film) => JSON.stringify(film.cells['Release Date']) > '"2026-11-21"');
    const titles = films.map((film) => film.cells['Title']);
    expect(unrated).toHaveLength(605);
    expect(future).toHaveLength(16);
    expect(future.map((film) => film.cells['Title'])).toContain('Gone with the Wind');
    expect(films.find((film) => film.cells['Title'] === 'Duel in the Sun')?.cells['Release Date']).toBe(
      '2046-12-31',
    );
    expect(titles).toEqual(expect.arrayContaining(['300', '1776', undefined]));
    expect(films.filter((film) => film.links['Distributor']?.[0] === 'Sony/Columbia')).toHaveLength(22);
    expect(films.filter((film) => film.links['Distributor']?.[0] === 'Sony Pictures')).toHaveLength(307);
  });

  it('fits its own fields: every cell has a field, every choice and every linked record is there', () => {
    const fields = new Map(base.tables[0]?.fields.map((field) => [field.name, field]));
    const choices = new Map([...fields.values()].map((field) => [field.name, JSON.stringify(field.options)]));
    const misfits = films.flatMap((film) => [
      ...Object.entries(film.cells).filter(([name, value]) => {
        const field = fields.get(name);
        if (field?.type === 'number') return typeof value !== 'number';
        if (field?.type === 'date') return !/^"\d{4}-\d{2}-\d{2}"$/.test(JSON.stringify(value));
        if (field?.type === 'singleSelect')
          return !choices.get(name)?.includes(JSON.stringify({ name: value }));
        return field?.type !== 'singleLineText' || typeof value !== 'string';
      }),
      ...Object.entries(film.links).filter(([name, linked]) => {
        const there = namesOf(fields.get(name)?.linkedTable ?? '');
        return linked.some((target) => !there.has(target));
      }),
    ]);
    expect(misfits).toEqual([]);
  });
});
