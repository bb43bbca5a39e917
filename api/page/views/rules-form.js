import { h } from '../dom.js';
import { action, problemBox } from './action.js';
import { choiceField, numberField, switchField } from './rule-fields.js';
import { KINDS, nameOf, ROLES } from './rules-text.js';

/** The rules as a form; what the API has against one of them is shown at its field. `onSaved` gets them as they stand then. */
export function rulesForm(ctx, { path, rules, members, signal, onSaved }) {
  const problem = problemBox();
  const status = h('p', { class: 'hint', role: 'status' });
  const fields = createFields(rules, members);
  const all = Object.values(fields);

  const save = action('Save the rules', send, { problem, kind: 'primary', type: 'submit' });
  async function send() {
    status.textContent = '';
    all.forEach((field) => field.setError(''));
    try {
      const { body } = await ctx.api.send('PUT', path, rulesOf(fields), { signal });
      onSaved(body);
      status.textContent = 'Saved. They hold from now on, also for what waits for approval.';
    } catch (error) {
      if (!showAtFields(error)) throw error;
    }
  }

  /** Whether all that is wrong has a field of its own to be shown at; the first of them gets the focus. */
  function showAtFields(error) {
    const found = errorsOf(error).map(({ pointer, message }) => ({ field: fieldAt(pointer), message }));
    if (found.length === 0 || found.some(({ field }) => !field)) return false;
    for (const { field, message } of found) field.setError(message);
    found[0].field.focus();
    return true;
  }

  /** The field whose pointer is the longest that leads to it. */
  const fieldAt = (pointer) =>
    all
      .filter((field) => pointer === field.pointer || pointer.startsWith(`${field.pointer}/`))
      .sort((a, b) => b.pointer.length - a.pointer.length)[0];

  const submit = (event) => {
    event.preventDefault();
    void save.press();
  };
  const group = (title, ...children) =>
    h('fieldset', { class: 'panel' }, h('legend', null, h('strong', null, title)), children);
  return h(
    'form',
    { novalidate: true, on: { submit } },
    group('Who may approve', fields.roles.element, fields.users.element, fields.proposer.element),
    group('Two persons have to approve', fields.aboveRecords.element, fields.aboveDeletions.element),
    group(
      'Small edits',
      fields.auto.element,
      fields.maxRecords.element,
      fields.perDay.element,
      fields.kinds.element,
    ),
    group('How long a proposal waits', fields.expires.element, fields.remind.element),
    problem.element,
    h('div', { class: 'row' }, save.element),
    status,
  );
}

/** What the API has against the rules, each with where it is. One that names a user says so by its code. */
function errorsOf(error) {
  if (error.code === 'not_an_approver') return [{ pointer: '/approvers/users', message: error.message }];
  return (error.errors ?? []).map(({ pointer, message }) => ({ pointer: pointer ?? '', message }));
}

function createFields(rules, members) {
  const { approvers, twoPersons, autoApprove } = rules;
  const able = members.filter((m) => m.role in ROLES).map((m) => m.userId);
  const people = [...new Set([...able, ...approvers.users])];
  return {
    roles: choiceField(
      '/approvers',
      'By what they are in the workspace',
      Object.entries(ROLES),
      approvers.roles,
    ),
    users: choiceField(
      '/approvers/users',
      'And these persons, whatever they are',
      people.map((id) => [
        id,
        able.includes(id) ? nameOf(members, id) : `${nameOf(members, id)} (may not approve any more)`,
      ]),
      approvers.users,
    ),
    proposer: switchField(
      '/proposerMayApprove',
      'Who proposed an edit may approve it, at the page',
      rules.proposerMayApprove,
    ),
    aboveRecords: numberField('/twoPersons/aboveRecords', 'An edit of more records than', {
      value: twoPersons.aboveRecords,
      hint: 'Empty: never.',
    }),
    aboveDeletions: numberField('/twoPersons/aboveDeletions', 'An edit that deletes more records than', {
      value: twoPersons.aboveDeletions,
      hint: 'Empty: never.',
    }),
    auto: switchField('/autoApprove', 'Small edits need nobody', autoApprove !== null),
    maxRecords: numberField('/autoApprove/maxRecords', 'Records of such an edit at most', {
      value: autoApprove?.maxRecords ?? 10,
      hint: '1 to 1,000.',
    }),
    perDay: numberField(
      '/autoApprove/maxRecordsPerDay',
      'Records of one person’s such edits in 24 hours at most',
      {
        value: autoApprove?.maxRecordsPerDay ?? null,
        hint: 'Empty: ten times as many as of one edit.',
      },
    ),
    kinds: choiceField(
      '/autoApprove/kinds',
      'With these changes only',
      Object.entries(KINDS),
      autoApprove?.kinds ?? ['update'],
    ),
    expires: numberField('/expiresInHours', 'Hours in which it can be approved', {
      value: rules.expiresInHours,
      hint: '1 to 720.',
    }),
    remind: numberField('/remindAfterHours', 'Hours after which approvers are reminded, each time', {
      value: rules.remindAfterHours,
      hint: '1 to 720; empty: never.',
    }),
  };
}

function rulesOf(f) {
  const perDay = f.perDay.value();
  return {
    approvers: { roles: f.roles.value(), users: f.users.value() },
    proposerMayApprove: f.proposer.value(),
    twoPersons: { aboveRecords: f.aboveRecords.value(), aboveDeletions: f.aboveDeletions.value() },
    autoApprove: f.auto.value()
      ? {
          maxRecords: f.maxRecords.value(),
          kinds: f.kinds.value(),
          ...(perDay === null ? {} : { maxRecordsPerDay: perDay }),
        }
      : null,
    expiresInHours: f.expires.value(),
    remindAfterHours: f.remind.value(),
  };
}
