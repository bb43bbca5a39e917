import type { CellValue } from '../contracts/airtable';
import { createRandom } from './statistics';

export const RATINGS = ['G', 'PG', 'PG-13', 'R', 'NC-17'] as const;
const WORDS = 'river night glass winter road garden stone letter island mirror harbour silence'.split(' ');

/** The fields of the measured tables: what a plain table has, without links and computed fields. */
export const FILM_FIELDS = [
  { name: 'Title', type: 'singleLineText' },
  { name: 'Notes', type: 'multilineText' },
  { name: 'Gross', type: 'number', options: { precision: 1 } },
  { name: 'Votes', type: 'number', options: { precision: 0 } },
  { name: 'Released', type: 'date', options: { dateFormat: { name: 'iso' } } },
  { name: 'Seen', type: 'checkbox', options: { icon: 'check', color: 'greenBright' } },
  { name: 'Rating', type: 'singleSelect', options: { choices: RATINGS.map((name) => ({ name })) } },
  { name: 'Site', type: 'url' },
];

/** The cells of the n-th film by field name, the same at every call. One number in ten is missing. */
export function filmCells(n: number): Record<string, CellValue> {
  const random = createRandom(n + 1);
  const whole = (below: number) => Math.floor(random() * below);
  const words = (count: number) => Array.from({ length: count }, () => WORDS[whole(WORDS.length)]).join(' ');
  const cells: Record<string, CellValue> = {
    Title: `${words(3)} ${n}`,
    Notes: words(14),
    Votes: whole(1_000_000),
    Released: new Date(Date.UTC(1950, 0, 1 + whole(27_000))).toISOString().slice(0, 10),
    Rating: RATINGS[whole(RATINGS.length)] ?? 'G',
    Site: `https://films.example/${n}`,
  };
  if (random() < 0.9) cells['Gross'] = whole(10_000) / 10;
  if (random() < 0.5) cells['Seen'] = true;
  return cells;
}
