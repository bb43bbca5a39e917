/**
 * Takes the sample data over from the npm package vega-datasets (BSD-3-Clause) into services/sample/films.json,
 * one compact file, rather than depend on a package of 42 MB. Run it again only for another version:
 *
 *   cd "$(mktemp -d)" && npm pack vega-datasets@3.2.1 && tar xzf vega-datasets-3.2.1.tgz
 *   node <project>/scripts/make-films.mjs package/data/movies.json
 *
 * The mess is kept on purpose: years read from two digits (a film of 1946 says 2046), titles that are numbers,
 * gaps, letters of a wrong encoding. Only the form changes: rows as arrays, dates as YYYY-MM-DD, titles as text.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const SOURCE = 'vega-datasets 3.2.1, data/movies.json, BSD-3-Clause: see LICENSE.vega-datasets';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const COLUMNS = [
  ['Title', 'Title'],
  ['US Gross', 'US Gross'],
  ['Worldwide Gross', 'Worldwide Gross'],
  ['US DVD Sales', 'US DVD Sales'],
  ['Production Budget', 'Production Budget'],
  ['Release Date', 'Release Date'],
  ['MPAA Rating', 'MPAA Rating'],
  ['Running Time min', 'Running Time'],
  ['Distributor', 'Distributor'],
  ['Source', 'Source'],
  ['Major Genre', 'Major Genre'],
  ['Creative Type', 'Creative Type'],
  ['Director', 'Director'],
  ['Rotten Tomatoes Rating', 'Rotten Tomatoes Rating'],
  ['IMDB Rating', 'IMDB Rating'],
  ['IMDB Votes', 'IMDB Votes'],
];

function isoDate(text) {
  const [, month, day, year] = /^([A-Z][a-z]{2}) (\d{2}) (\d{4})$/.exec(text) ?? [];
  const number = MONTHS.indexOf(month) + 1;
  if (number === 0) throw new Error(`unknown date format: ${text}`);
  return `${year}-${String(number).padStart(2, '0')}-${day}`;
}

function cell(name, value) {
  if (value === null) return null;
  if (name === 'Title') return String(value);
  return name === 'Release Date' ? isoDate(value) : value;
}

const [from] = process.argv.slice(2);
if (!from) {
  console.error('usage: node scripts/make-films.mjs path/to/movies.json');
  process.exit(1);
}
const movies = JSON.parse(readFileSync(from, 'utf8'));
const rows = movies.map((movie) => JSON.stringify(COLUMNS.map(([key, name]) => cell(name, movie[key]))));
const header = JSON.stringify(COLUMNS.map(([, name]) => name));
writeFileSync(
  new URL('../services/sample/films.json', import.meta.url),
  `{"source":${JSON.stringify(SOURCE)},\n"columns":${header},\n"rows":[\n${rows.join(',\n')}\n]}\n`,
);
console.log(`${rows.length} films`);
