/** Names as one line: a name with a comma in it stands in double quotes, quotes in it are doubled. */
export function joinNames(names: readonly string[]): string {
  return names.map((name) => (/,|^"/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(', ');
}

/** The names in such a line, trimmed, without empty ones. A quote that never ends counts as a character. */
export function splitNames(line: string): string[] {
  const names: string[] = [];
  let rest = line;
  while (rest !== '') {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(?:,|$)/.exec(rest);
    const found = quoted ?? /^([^,]*)(?:,|$)/.exec(rest);
    if (!found) break;
    const name = quoted ? (found[1] ?? '').replaceAll('""', '"') : (found[1] ?? '').trim();
    if (name.trim() !== '') names.push(name);
    rest = rest.slice(found[0].length);
  }
  return names;
}
