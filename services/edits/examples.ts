/** More than this many say nothing new. */
const MAX_EXAMPLES = 10;

/** Counts things in words and keeps the first few. */
export interface Examples {
  readonly count: number;
  readonly list: readonly string[];
  add(one: string): void;
  /** The first few, and how many more there are. */
  text(): string;
}

/** None yet. */
export function createExamples(): Examples {
  const list: string[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    list,
    add(one) {
      if (++count <= MAX_EXAMPLES) list.push(one);
    },
    text() {
      const more = count > MAX_EXAMPLES ? ` … and ${count - MAX_EXAMPLES} more` : '';
      return `${list.join('; ')}${more}`;
    },
  };
}
