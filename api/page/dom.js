import { spellInvisible, splitInvisible } from './invisible.js';

/** Set as properties: as attributes they would give the starting value only. */
const PROPERTIES = new Set([
  'value',
  'checked',
  'indeterminate',
  'disabled',
  'hidden',
  'open',
  'selected',
  'readOnly',
]);

/**
 * Creates an element. `props`: attributes, some properties, and `on: { click: handler }`; null, undefined and false leave an
 * attribute out. Children: nodes, arrays, strings, numbers; null and false are left out.
 * Text only ever becomes text nodes, so that nothing from a base is taken for markup, and its invisible characters are marked.
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === 'on')
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (PROPERTIES.has(name)) element[name] = value ?? '';
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : spellInvisible(String(value)));
  }
  append(element, children);
  return element;
}

/** Appends children as `h` does. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    if (typeof child !== 'string' && typeof child !== 'number') element.append(child);
    else if (element.localName === 'option') element.append(spellInvisible(String(child)));
    else element.append(...textNodes(String(child)));
  }
}

/** Puts children in place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

let last = 0;

/** An id for `for`, `aria-labelledby` and the like, unique on this page. */
export function freshId(name) {
  last += 1;
  return `${name}-${last}`;
}

/** Moves the keyboard and the screen reader to a heading that is not otherwise focusable. */
export function focusOn(element) {
  if (!element) return;
  element.setAttribute('tabindex', '-1');
  element.focus({ preventScroll: false });
}

function textNodes(text) {
  return splitInvisible(text).map((part) => {
    if (part.text !== undefined) return document.createTextNode(part.text);
    const mark = document.createElement('span');
    mark.className = 'invisible';
    mark.title = part.name;
    mark.textContent = part.code;
    return mark;
  });
}
