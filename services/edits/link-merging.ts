/**
 * Puts ids back into a list where they were: each behind the nearest one that stood before it and still does, else before the
 * nearest one that stood after it, else at the end. The others stay as they are, in their order.
 */
export function putBack(
  present: readonly string[],
  before: readonly string[],
  returning: ReadonlySet<string>,
): string[] {
  const list = present.filter((id) => !returning.has(id));
  before.forEach((id, place) => {
    if (!returning.has(id) || list.includes(id)) return;
    const earlier = before.slice(0, place).reverse();
    const left = earlier.find((other) => list.includes(other));
    const right = before.slice(place + 1).find((other) => list.includes(other));
    if (left !== undefined) list.splice(list.indexOf(left) + 1, 0, id);
    else if (right !== undefined) list.splice(list.indexOf(right), 0, id);
    else list.push(id);
  });
  return list;
}
