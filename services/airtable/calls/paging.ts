import { SagatableError } from '../../../contracts/errors';

interface Page {
  readonly offset?: string | null | undefined;
}

/** Pages from the first to the one without an `offset`, each asked for when it is wanted. Throws what `readPage` throws. */
export async function* streamPages<P extends Page>(
  readPage: (offset: string | null) => Promise<P>,
): AsyncGenerator<P, void, undefined> {
  for (let offset: string | null = null; ;) {
    const page: P = await readPage(offset);
    yield page;
    const next = page.offset ?? null;
    if (next === null) return;
    if (next === offset) throw endless();
    offset = next;
  }
}

/** A list that leads to its own page again, or on and on. */
export function endless(): SagatableError {
  return new SagatableError('Upstream', 'Airtable’s list does not end.', {
    code: 'unexpected_answer',
    retryable: false,
  });
}
