export interface CsvSize {
  /** All rows, the one of names included; empty lines are none. */
  readonly rows: number;
  /** Of the widest row. */
  readonly columns: number;
}

/** How large a comma-separated text is, by RFC 4180; undefined when a quotation mark is left open. */
export function measureCsv(text: string): CsvSize | undefined {
  let [rows, columns, inRow] = [0, 0, 1];
  let [quoted, empty] = [false, true];
  const endRow = () => {
    if (!empty) {
      rows++;
      columns = Math.max(columns, inRow);
    }
    [inRow, empty] = [1, true];
  };
  for (const sign of text) {
    // A doubled mark closes and opens again: the cell goes on.
    if (sign === '"') quoted = !quoted;
    if (!quoted && sign === '\n') endRow();
    else if (!quoted && sign === ',') [inRow, empty] = [inRow + 1, false];
    else if (quoted || sign !== '\r') empty = false;
  }
  if (quoted) return undefined;
  endRow();
  return { rows, columns };
}
