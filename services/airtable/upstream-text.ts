/** Characters of another server's words that are kept. */
const MAX_CHARACTERS = 500;

// Control characters, and those that turn or hide text: they could forge a line of a log or a name on a page.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Another server's words as data: the token blotted out, control characters shown as \u{…}, cut to 500 characters. */
export function showUpstreamText(text: string, token: string): string {
  const shown = text
    .replaceAll(token, '[token]')
    .replace(UNSEEN, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  return shown.length > MAX_CHARACTERS ? `${shown.slice(0, MAX_CHARACTERS - 1)}…` : shown;
}
