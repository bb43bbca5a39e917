/** No body that any route takes is nested deeper; what walks through a body afterwards may do so recursively. */
export const MAX_BODY_DEPTH = 100;

/** Whether parsed JSON is nested deeper than that. Looks without recursion: the body may be as deep as it is long. */
export function isTooDeep(body: unknown): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_BODY_DEPTH) return true;
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const item of Object.values(value)) if (typeof item === 'object' && item !== null) next.push(item);
    }
    level = next;
  }
  return false;
}
