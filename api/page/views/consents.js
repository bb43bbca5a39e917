import { h } from '../dom.js';
import { count, counted } from '../format.js';

const IRREVERSIBLE = ['createTable', 'createField'];

/**
 * What an approval has to say in so many words, each a box that is asked where the edit needs it, or where the server does.
 * `missing` gives the reason why the approval cannot be sent yet, null when nothing is missing.
 */
export function createConsents(edit, selection, onChange) {
  const boxes = [sideEffects(edit), irreversible(edit, selection), undoBeyondQuota(edit, selection)].map(
    (c) => consentBox(c, onChange),
  );
  return {
    elements: boxes.map((box) => box.element),
    missing: () => boxes.find((box) => box.missing())?.reason ?? null,
    body: () => Object.assign({}, ...boxes.map((box) => box.body())),
    /** Shows a box that the server asked for and goes there; false for one that this page does not know. */
    demand(name) {
      const box = boxes.find((b) => b.name === name);
      box?.demand();
      return box !== undefined;
    },
    refresh: () => boxes.forEach((box) => box.refresh()),
  };
}

function consentBox({ name, legend, text, reason, isAsked }, onChange) {
  const box = h('input', { type: 'checkbox', on: { change: () => onChange() } });
  const label = h('label', { class: 'check' }, box, h('span', null, text));
  const element = h('fieldset', { class: 'consent' }, h('legend', null, legend), label);
  let demanded = false;
  const asked = () => demanded || isAsked();
  const refresh = () => (element.hidden = !asked());
  refresh();
  return {
    name,
    reason,
    element,
    refresh,
    missing: () => asked() && !box.checked,
    body: () => (asked() && box.checked ? { [name]: true } : {}),
    demand() {
      demanded = true;
      refresh();
      onChange();
      box.focus();
    },
  };
}

/** Asked once for a connection. */
function sideEffects(edit) {
  return {
    name: 'acknowledgeSideEffects',
    legend: 'What no undo takes back',
    text: 'I know that these writes, and those of an undo, can set off automations, syncs and e-mails of the base. Asked once for this connection.',
    reason: 'Say first that you know what no undo takes back.',
    isAsked: () => edit.approval?.sideEffects === 'unacknowledged',
  };
}

/** Asked where tables or fields are to be made, as long as such are chosen. */
function irreversible(edit, selection) {
  const keys = edit.groups.filter(({ kind }) => IRREVERSIBLE.includes(kind)).map(({ key }) => key);
  return {
    name: 'acceptIrreversible',
    legend: 'What stays after an undo',
    text: 'I know that no undo removes the new tables and fields: Airtable cannot delete them, so they are renamed and marked.',
    reason: 'Say first that you know what stays after an undo.',
    isAsked: () => keys.length > 0 && selection.chosen(keys) > 0,
  };
}

/** Asked where all is chosen and does not fit; whether a part of it does, the server says. */
function undoBeyondQuota(edit, selection) {
  const { apply, undo } = edit.calls;
  const left = edit.cost?.callsLeft ?? null;
  const rest =
    left === null ? 'The calls left of this month' : `The ${counted(left, 'call')} left of this month`;
  return {
    name: 'acceptUndoBeyondQuota',
    legend: 'Whether it can be undone this month',
    text: `I know that it may not be possible to take this back before next month. ${rest} may not be enough: all of it needs ${count(apply)} to apply and ${count(undo)} to undo.`,
    reason: 'Say first that you know that it may not be possible to take this back this month.',
    isAsked: () => edit.cost?.undoBeyondQuota === true && selection.chosen() === selection.total(),
  };
}
