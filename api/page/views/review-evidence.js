import { h } from '../dom.js';
import { counted, when } from '../format.js';

/** What is known of a change whose end is unclear, a list item each: journal, fresh look, witness. */
export function evidenceOf({ journal, now, witness }) {
  const direction = journal.direction === 'undo' ? 'taken back' : 'written';
  return [
    h(
      'li',
      null,
      journal.sentAt
        ? `Journal: last about to be ${direction} ${when(journal.sentAt)}, ${counted(journal.attempts, 'attempt')}`
        : 'Journal: it was never sent',
    ),
    ...lookLines(now),
    h('li', null, witnessLine(witness)),
    ...witness.changes.map((change) =>
      h(
        'li',
        null,
        `Witness: ${change.kind} ${when(change.at)} by ${change.actor?.name ?? change.actor?.id ?? 'somebody'}${change.recordId ? ` (${change.recordId})` : ''}`,
      ),
    ),
  ];
}

function lookLines(now) {
  if (!now) return [];
  if (now.failed) return [h('li', null, `Read back: ${now.failed}`)];
  const texts = now.recordTexts && Object.entries(now.recordTexts);
  return [
    h(
      'li',
      null,
      texts
        ? `Read back ${when(now.at)}: ${texts.map(([field, text]) => `${field} “${text}”`).join(', ')}`
        : `Read back ${when(now.at)}: there is no such record`,
    ),
    ...now.candidates.map(({ recordId, createdTime }) =>
      h(
        'li',
        null,
        'A record with the same cells: ',
        h('code', { class: 'id' }, recordId),
        `, made ${when(createdTime)}`,
      ),
    ),
  ];
}

function witnessLine(witness) {
  if (!witness.watched) return 'Witness: the base is not watched, so it tells nothing';
  const gaps = witness.gaps.length ? `, with ${counted(witness.gaps.length, 'gap')}` : '';
  return witness.changes.length
    ? `Witness: watched${gaps}`
    : `Witness: watched${gaps}; it has told of nothing so far`;
}
