import { matchUp } from './matching';

/** What requests without an answer were to create. `W` is one wanted record, `C` one that was found. */
interface Question<W, C> {
  /** The request that is asked about, then others of the same edit whose end is not known either. */
  readonly requests: readonly (readonly W[])[];
  readonly candidates: readonly C[];
  /** Whether a request that wanted this can have made it. */
  readonly fits: (wanted: W, candidate: C) => boolean;
  /** Whether it looks like it, even if it can be somebody else's: such a candidate has to be explained, or nothing is. As `fits` where left out. */
  readonly mayFit?: (wanted: W, candidate: C) => boolean;
  /** Whether two wanted records could stand for each other. */
  readonly same: (a: W, b: W) => boolean;
}

/** Of the first request: all of its records, in its order; that none is there; or that it cannot be told. */
export type Explanation<C> = readonly C[] | 'absent' | 'unclear';

/** More requests that want the same records are told apart by a person: each one more doubles what has to be tried. */
const MOST_REQUESTS = 10;

/**
 * Airtable carries out all of a request or nothing. So what was found is explained by those requests that landed, each of
 * their records once, or it is not explained at all. Where every explanation says the same of the first request, that is the
 * answer; where they do not, it makes no difference only if the requests that they are about wanted the same records.
 */
export function explain<W, C>({
  requests,
  candidates,
  fits,
  mayFit = fits,
  same,
}: Question<W, C>): Explanation<C> {
  const [asked = []] = requests;
  const mayBeOf = (wanted: readonly W[], candidate: C) => wanted.some((w) => mayFit(w, candidate));
  if (!candidates.some((candidate) => mayBeOf(asked, candidate))) return 'absent';
  const considered = concerned();
  if (considered.length > MOST_REQUESTS) return 'unclear';
  const relevant = candidates.filter((c) => considered.some((wanted) => mayBeOf(wanted, c)));

  const landed: { readonly which: ReadonlySet<number>; readonly records: readonly C[] }[] = [];
  for (let set = 1; set < 2 ** considered.length; set++) {
    const which = considered.map((_, i) => i).filter((i) => set & (2 ** i));
    const wanted = which.flatMap((i) => considered[i] ?? []);
    const records = wanted.length === relevant.length ? assign(wanted) : undefined;
    if (records) landed.push({ which: new Set(which), records });
  }
  const withAsked = landed.filter(({ which }) => which.has(0));
  if (withAsked.length === landed.length) return withAsked[0]?.records.slice(0, asked.length) ?? 'unclear';
  if (withAsked.length === 0) return 'absent';
  const named = new Set(landed.flatMap(({ which }) => [...which]));
  const alike = [...named].every((i) => considered[i] && areAlike(considered[i]));
  return alike ? (withAsked[0]?.records.slice(0, asked.length) ?? 'unclear') : 'unclear';

  /** The request that is asked about, and those that are about the same candidates, or about what those are about. */
  function concerned(): (readonly W[])[] {
    const found = new Set([asked]);
    for (let before = 0; before < found.size;) {
      before = found.size;
      const shared = candidates.filter((c) => [...found].some((wanted) => mayBeOf(wanted, c)));
      for (const wanted of requests) if (shared.some((c) => mayBeOf(wanted, c))) found.add(wanted);
    }
    return [...found];
  }

  /** A record for each, in their order; undefined unless that is all of them. */
  function assign(wanted: readonly W[]): C[] | undefined {
    const matched = matchUp(wanted.length, relevant.length, (w, c) => {
      const [one, other] = [wanted[w], relevant[c]];
      return one !== undefined && other !== undefined && fits(one, other);
    });
    const records = wanted.flatMap((_, w) => relevant[matched.get(w) ?? -1] ?? []);
    return records.length === wanted.length ? records : undefined;
  }

  function areAlike(request: readonly W[]): boolean {
    const pairs = matchUp(asked.length, request.length, (a, b) => {
      const [one, other] = [asked[a], request[b]];
      return one !== undefined && other !== undefined && same(one, other);
    });
    return pairs.size === asked.length && asked.length === request.length;
  }
}
