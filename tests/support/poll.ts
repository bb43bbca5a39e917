/** Asks again every 25 ms until `ask` gives something, and throws with `what` when the deadline (ms) has passed. */
export async function pollUntil<T>(
  what: string,
  ask: () => Promise<T | undefined | null | false>,
  deadlineMs = 20_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
