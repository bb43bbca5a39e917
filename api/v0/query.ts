/** The query of a URL as Airtable's clients write it: `pageSize=10`, `fields[]=a`, `sort[0][field]=b`. */
export interface QueryText {
  /** The last value of a plain name; undefined when there is none or it is empty. */
  one(name: string): string | undefined;
  /** All values of `name[]`, `name[0]` or `name`, in order; undefined when there is none. */
  list(name: string): string[] | undefined;
  /** `name[0][key]`: one object for each number, in order. */
  objects(name: string): Record<string, string>[] | undefined;
}

const KEY = /^([A-Za-z]+)(?:\[(\d*)\])?(?:\[([A-Za-z]+)\])?$/;

interface Part {
  readonly name: string;
  readonly index: string | undefined;
  readonly key: string | undefined;
  readonly value: string;
}

/** Reads the query of a request's URL; parts that are written in no known way are passed over. */
export function readQuery(originalUrl: string): QueryText {
  const start = originalUrl.indexOf('?');
  const parts: Part[] = [];
  for (const [text, value] of new URLSearchParams(start < 0 ? '' : originalUrl.slice(start))) {
    const found = KEY.exec(text);
    if (found?.[1] !== undefined) parts.push({ name: found[1], index: found[2], key: found[3], value });
  }
  return {
    one: (name) => parts.findLast((p) => p.name === name && p.index === undefined)?.value || undefined,
    list(name) {
      const values = parts.filter((p) => p.name === name && p.key === undefined && p.value !== '');
      return values.length === 0 ? undefined : values.map((p) => p.value);
    },
    objects(name) {
      const byIndex = new Map<string, Record<string, string>>();
      for (const { index, key, value } of parts.filter((p) => p.name === name)) {
        if (index === undefined || key === undefined || value === '') continue;
        byIndex.set(index, { ...byIndex.get(index), [key]: value });
      }
      const inOrder = [...byIndex].sort(([a], [b]) => Number(a) - Number(b));
      return inOrder.length === 0 ? undefined : inOrder.map(([, object]) => object);
    },
  };
}

/** Text of a number as a number; other text stays, for the shape behind to refuse. */
function numberOf(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** Text of a flag: 1 and true are yes. */
function flagOf(text: string | undefined): boolean {
  return text === 'true' || text === '1';
}

/** The parameters of a list in the form that `POST …/listRecords` has them; absent ones are left out. */
export function readListQuery(query: QueryText): Record<string, unknown> {
  const given: Record<string, unknown> = {
    pageSize: numberOf(query.one('pageSize')),
    maxRecords: numberOf(query.one('maxRecords')),
    offset: query.one('offset'),
    view: query.one('view'),
    sort: query.objects('sort'),
    filterByFormula: query.one('filterByFormula'),
    fields: query.list('fields'),
    cellFormat: query.one('cellFormat'),
    timeZone: query.one('timeZone'),
    userLocale: query.one('userLocale'),
    recordMetadata: query.list('recordMetadata'),
    returnFieldsByFieldId: flagOf(query.one('returnFieldsByFieldId')),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
