/**
 * Characters that change what a text is without being seen: controls, format characters (bidi overrides, zero-width),
 * line and paragraph separators, private use, lone surrogates, spaces other than the ordinary one.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/** Joiners and selectors inside an emoji are part of its picture. */
const EMOJI =
  /\p{Extended_Pictographic}[\u{1f3fb}-\u{1f3ff}]?\ufe0f?(?:\u200d\p{Extended_Pictographic}[\u{1f3fb}-\u{1f3ff}]?\ufe0f?)*/gu;

const NAMES = {
  0x00a0: 'no-break space',
  0x00ad: 'soft hyphen',
  0x061c: 'Arabic letter mark',
  0x200b: 'zero-width space',
  0x200c: 'zero-width non-joiner',
  0x200d: 'zero-width joiner',
  0x200e: 'left-to-right mark',
  0x200f: 'right-to-left mark',
  0x202a: 'left-to-right embedding',
  0x202b: 'right-to-left embedding',
  0x202c: 'pop directional formatting',
  0x202d: 'left-to-right override',
  0x202e: 'right-to-left override',
  0x2060: 'word joiner',
  0x2066: 'left-to-right isolate',
  0x2067: 'right-to-left isolate',
  0x2068: 'first strong isolate',
  0x2069: 'pop directional isolate',
  0xfeff: 'byte order mark',
};

/**
 * Cuts a text into plain parts and marks: `[{ text }, { code: 'U+202E', name: 'right-to-left override' }, …]`.
 * Line breaks and tabs stay plain.
 */
export function splitInvisible(text) {
  const emoji = [...text.matchAll(EMOJI)].map((m) => [m.index, m.index + m[0].length]);
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(INVISIBLE)) {
    const char = match[0];
    if (char === '\n' || char === '\t' || emoji.some(([a, b]) => match.index >= a && match.index < b))
      continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    const point = char.codePointAt(0);
    const code = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
    parts.push({ code, name: NAMES[point] ?? 'invisible character' });
    from = match.index + char.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** The same as one string, for places that hold no elements: attributes, options, the page's title. */
export function spellInvisible(text) {
  return splitInvisible(text)
    .map((part) => part.text ?? `[${part.code}]`)
    .join('');
}
