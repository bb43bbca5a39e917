import { follow } from '../events.js';
import { fill, h } from '../dom.js';
import { when } from '../format.js';
import { resultOf } from '../operations.js';
import { go, parseRoute } from '../router.js';
import { action, problemBox } from './action.js';

/** A conversation with the planner: what was asked, what it answered, and the edits that came of it. */
export async function showChat(ctx, { id, query, signal }) {
  const path = `/v1/chats/${encodeURIComponent(id)}`;
  const list = h('ol', { class: 'messages' });
  const status = h('p', { class: 'hint', role: 'status' });
  const problem = problemBox();
  const known = new Map();

  function take(messages) {
    for (const message of messages) {
      if (known.has(message.id)) continue;
      known.set(message.id, message);
      list.append(messageItem(message));
    }
  }
  const read = async () => {
    const body = await ctx.api.get(path, { signal });
    take(body.messages);
    return body.chat;
  };

  /** Waits for a turn, then goes to the edit it made. */
  async function finish(answer) {
    status.textContent = 'The planner is reading the base. Nothing is written…';
    try {
      const result = await resultOf(answer, {
        ...ctx,
        signal,
        onChange: (o) => o.progress?.message && fill(status, o.progress.message),
      });
      await read();
      if (result?.editId && !signal.aborted) go(`/edits/${result.editId}`);
    } finally {
      status.textContent = '';
    }
  }

  const text = h('textarea', { id: 'say', rows: '3', required: true, maxlength: '16000' });
  const send = action(
    'Send',
    async () => {
      if (!text.value.trim()) return text.focus();
      const answer = await ctx.api.send(
        'POST',
        `${path}/messages`,
        { text: text.value.trim() },
        { wait: 10, signal },
      );
      text.value = '';
      await finish(answer);
    },
    { problem, kind: 'primary', type: 'submit' },
  );
  const submit = (event) => {
    event.preventDefault();
    void send.press();
  };

  const chat = await read();
  const operation = query.get('operation');
  if (operation)
    void finish({ status: 202, location: `/v1/operations/${operation}` }).catch(
      (error) => !signal.aborted && problem.show(error),
    );
  const onEvent = (name, message) => {
    if (name === 'message') take([message]);
    return false;
  };
  const poll = async () => (await read(), parseRoute(location.hash).id !== id);
  void follow({ ...ctx, path: `${path}/events`, signal, onEvent, poll }).catch(
    (error) => !signal.aborted && problem.show(error),
  );
  return h(
    'div',
    null,
    h('h1', null, chat.title),
    list,
    status,
    h(
      'form',
      { on: { submit } },
      h('label', { class: 'labelled', for: 'say' }, 'Your answer, or another request'),
      text,
      problem.element,
      h('div', { class: 'row' }, send.element),
    ),
  );
}

function messageItem(message) {
  const mine = message.role === 'user';
  const who = mine ? 'You' : `Planner${message.planner ? ` (${message.planner})` : ''}`;
  const tools = message.toolCalls.map((call) => `${call.name}${call.ok ? '' : ' (refused)'}`).join(', ');
  return h(
    'li',
    { class: `message ${message.role}` },
    h('p', { class: 'hint' }, h('strong', null, who), ` · ${when(message.createdAt)}`),
    h('div', { class: 'said' }, message.text),
    tools && h('p', { class: 'hint' }, `Looked at the base with: ${tools}`),
    message.editId &&
      h(
        'p',
        null,
        h(
          'a',
          { class: 'button plain', href: `#/edits/${encodeURIComponent(message.editId)}` },
          'See the exact difference',
        ),
      ),
  );
}
