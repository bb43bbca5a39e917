/** Adds a value to a statement's parameters and gives its place, like "$4". */
export type Bind = (value: unknown) => string;

/** What rows are asked for. SQL that gives NULL counts as not holding. */
export type Condition =
  | { readonly kind: 'constant'; readonly holds: boolean }
  | { readonly kind: 'test'; readonly sql: (bind: Bind) => string }
  | { readonly kind: 'member'; readonly of: string; readonly texts: readonly string[] }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition };

export const ALWAYS: Condition = { kind: 'constant', holds: true };
export const NEVER: Condition = { kind: 'constant', holds: false };

/** A piece of SQL. */
export function test(sql: (bind: Bind) => string): Condition {
  return { kind: 'test', sql };
}

/** Whether SQL text is one of some texts. */
export function member(of: string, texts: readonly string[]): Condition {
  return texts.length === 0 ? NEVER : { kind: 'member', of, texts };
}

/** Where a condition does not hold. */
export function not(part: Condition): Condition {
  if (part.kind === 'constant') return part.holds ? NEVER : ALWAYS;
  return part.kind === 'not' ? part.part : { kind: 'not', part };
}

/** Where all of some conditions hold; of none, everywhere. */
export function all(parts: readonly Condition[]): Condition {
  if (parts.some((part) => part.kind === 'constant' && !part.holds)) return NEVER;
  return group('all', parts, ALWAYS);
}

/** Where one of some conditions holds; of none, nowhere. */
export function any(parts: readonly Condition[]): Condition {
  if (parts.some((part) => part.kind === 'constant' && part.holds)) return ALWAYS;
  return group('any', together(parts), NEVER);
}

function group(kind: 'all' | 'any', parts: readonly Condition[], empty: Condition): Condition {
  const rest = parts.filter((part) => part.kind !== 'constant');
  return rest.length > 1 ? { kind, parts: rest } : (rest[0] ?? empty);
}

/** One look-up for many texts of one column: OR(RECORD_ID()="a", RECORD_ID()="b", …) can use an index. */
function together(parts: readonly Condition[]): Condition[] {
  const texts = new Map<string, Set<string>>();
  const others: Condition[] = [];
  for (const part of parts) {
    if (part.kind !== 'member') others.push(part);
    else {
      const known = texts.get(part.of) ?? new Set();
      for (const text of part.texts) known.add(text);
      texts.set(part.of, known);
    }
  }
  return [...[...texts].map(([of, some]) => member(of, [...some])), ...others];
}

/** How many pieces of SQL a condition is made of. */
export function sizeOf(condition: Condition): number {
  if (condition.kind === 'not') return sizeOf(condition.part);
  if (condition.kind !== 'all' && condition.kind !== 'any') return 1;
  return condition.parts.reduce((sum, part) => sum + sizeOf(part), 0);
}

/** A condition as SQL. */
export function writeCondition(condition: Condition, bind: Bind): string {
  switch (condition.kind) {
    case 'constant':
      return condition.holds ? 'true' : 'false';
    case 'test':
      return `(${condition.sql(bind)})`;
    case 'member':
      return `(${condition.of} = ANY(${bind(condition.texts)}::text[]))`;
    case 'not':
      return `(${writeCondition(condition.part, bind)} IS NOT TRUE)`;
    case 'all':
      return `(${condition.parts.map((part) => writeCondition(part, bind)).join(' AND ')})`;
    case 'any':
      return `(${condition.parts.map((part) => writeCondition(part, bind)).join(' OR ')})`;
  }
}
