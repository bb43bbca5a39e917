import { freshId, h } from '../dom.js';

/** A place for what is wrong with a field, read out when it is filled and told of with the field. */
function errorLine() {
  const id = freshId('error');
  const element = h('p', { id, class: 'problem', role: 'alert', hidden: true });
  return {
    id,
    element,
    set(message) {
      element.hidden = message === '';
      element.textContent = message;
    },
  };
}

function mark(input, message) {
  if (message) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
}

/** A whole number, or nothing. What is no number is sent as it was typed, for the API to say what is wrong with it. */
export function numberField(pointer, label, { value, hint }) {
  const error = errorLine();
  const hintId = freshId('hint');
  const input = h('input', {
    type: 'text',
    inputmode: 'numeric',
    autocomplete: 'off',
    value: value === null ? '' : String(value),
    'aria-describedby': `${hintId} ${error.id}`,
  });
  return {
    pointer,
    element: h(
      'div',
      null,
      h('label', { class: 'labelled base' }, label, input),
      h('p', { id: hintId, class: 'hint' }, hint),
      error.element,
    ),
    value() {
      const text = input.value.trim();
      if (text === '') return null;
      return Number.isFinite(Number(text)) ? Number(text) : text;
    },
    setError(message) {
      error.set(message);
      mark(input, message);
    },
    focus: () => input.focus(),
  };
}

/** On or off. */
export function switchField(pointer, label, on) {
  const error = errorLine();
  const box = h('input', { type: 'checkbox', checked: on, 'aria-describedby': error.id });
  return {
    pointer,
    element: h('div', null, h('label', { class: 'check' }, box, h('span', null, label)), error.element),
    value: () => box.checked,
    setError(message) {
      error.set(message);
      mark(box, message);
    },
    focus: () => box.focus(),
  };
}

/** Any of several, `[value, name]` each. */
export function choiceField(pointer, label, options, chosen) {
  const error = errorLine();
  const labelId = freshId('choice');
  const boxes = options.map(([value]) =>
    h('input', { type: 'checkbox', value, checked: chosen.includes(value) }),
  );
  const group = h(
    'div',
    { role: 'group', 'aria-labelledby': labelId, 'aria-describedby': error.id },
    h('p', { id: labelId }, label),
    options.map(([, name], i) => h('label', { class: 'check' }, boxes[i], h('span', null, name))),
    error.element,
  );
  return {
    pointer,
    element: group,
    value: () => boxes.filter((box) => box.checked).map((box) => box.value),
    setError(message) {
      error.set(message);
      boxes.forEach((box) => mark(box, message));
    },
    focus: () => boxes[0]?.focus(),
  };
}
