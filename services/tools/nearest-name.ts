/** Edits (insert, delete, replace, swap two neighbours) that lead from one text to the other, without case. */
export function editDistance(a: string, b: string): number {
  const from = [...a.toLowerCase()];
  const to = [...b.toLowerCase()];
  let older: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      let best = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        best = Math.min(best, (older[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    older = last;
    last = row;
  }
  return last[to.length] ?? 0;
}

/** The candidate that was most likely meant: at most a third of its letters differ, or one holds the other; else undefined. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.trim().toLowerCase();
  if (wanted === '' || wanted.length > 255) return undefined;
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const contained =
      wanted.length >= 4 && (other.includes(wanted) || (other.length >= 4 && wanted.includes(other)));
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
    if (!contained && Math.abs(wanted.length - other.length) > limit) continue;
    const distance = contained ? Math.min(1, editDistance(wanted, other)) : editDistance(wanted, other);
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}
