/** The same JSON with text that PostgreSQL can hold: without NUL, and without half characters. */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\u0000', '');
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storableKey(key), storable(item)]));
}

const storableKey = (key: string) => key.toWellFormed().replaceAll('\u0000', '');
