import Airtable from 'airtable';
import encodeQuery from 'airtable/lib/object_to_query_param_string';
import type { AirtableRecord } from '../../../contracts/airtable';
import type { RecordPage } from './record-answers';
import type { ListQuery } from '../client';

/** Sends the request for one page; `path` comes after the base's. */
export type SendPage = (method: 'GET' | 'POST', path: string, body: unknown) => Promise<RecordPage>;

/**
 * The `airtable` package does what it does well: checks the parameters, turns to POST …/listRecords where a URL
 * would get too long, and goes from page to page. Its own requests are replaced, at the one public function they
 * all go through, because they take no signal, follow redirects, drop Retry-After, request ids and error types, and
 * know no limiter. The key and address given to the package are therefore no real ones: a later version that went
 * past this function would fail, and not escape the limits.
 */
class PacedBase extends Airtable.Base {
  constructor(
    airtable: Airtable,
    baseId: string,
    private readonly sendPage: (method: 'GET' | 'POST', path: string, body: unknown) => Promise<RecordPage>,
  ) {
    super(airtable, baseId);
  }

  override runAction(
    method: string,
    path: string,
    query: object,
    body: unknown,
    callback: (error: unknown, response?: undefined, page?: RecordPage) => void,
  ): void {
    const encoded = encodeQuery(query);
    this.sendPage(
      method === 'post' ? 'POST' : 'GET',
      encoded ? `${path}?${encoded}` : path,
      body ?? undefined,
    ).then(
      (page) => callback(null, undefined, page),
      (error: unknown) => callback(error),
    );
  }
}

/** Pages of a list, each asked for when it is wanted. Throws what `sendPage` throws. */
export async function* listPages(
  baseId: string,
  tableId: string,
  query: ListQuery,
  sendPage: SendPage,
): AsyncGenerator<AirtableRecord[], void, undefined> {
  const airtable = new Airtable({
    apiKey: 'kept-by-the-gateway',
    endpointUrl: 'https://gateway.invalid',
    noRetryIfRateLimited: true,
    requestTimeout: 1,
  });
  // The package's own records lose createdTime: the page is kept as it came.
  let page: RecordPage | undefined;
  const base = new PacedBase(airtable, baseId, async (...request) => (page = await sendPage(...request)));
  const select = base.table(tableId).select(selectOptions(query));

  let next: (() => void) | undefined;
  let settle: { readonly resolve: (more: boolean) => void; readonly reject: (error: unknown) => void };
  const step = (start: () => void) =>
    new Promise<boolean>((resolve, reject) => {
      settle = { resolve, reject };
      start();
    });
  const onPage = (_: unknown, processNext: () => void) => {
    next = processNext;
    settle.resolve(true);
  };
  const onDone = (error: unknown) => (error ? settle.reject(error) : settle.resolve(false));

  let more = await step(() => void select.eachPage(onPage, onDone));
  while (more) {
    if (page) yield page.records;
    const proceed = next;
    if (!proceed) return;
    more = await step(proceed);
  }
}

/** The package warns about keys without a value and about those it does not know. */
function selectOptions(query: ListQuery): Airtable.SelectOptions<Airtable.FieldSet> {
  const { fields, sort, commentCounts, ...rest } = query;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...given,
    ...(fields ? { fields: [...fields] } : {}),
    ...(sort ? { sort: sort.map(({ field, direction }) => ({ field, direction: direction ?? 'asc' })) } : {}),
    ...(commentCounts ? { recordMetadata: ['commentCount'] } : {}),
    returnFieldsByFieldId: true,
  };
}
