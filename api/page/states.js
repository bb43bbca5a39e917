/** What an edit's state is called, and its tone: calm, busy, good, bad. */
export const EDIT_STATES = {
  planning: ['Being planned', 'busy'],
  proposed: ['Waiting for approval', 'calm'],
  rejected: ['Rejected', 'calm'],
  expired: ['Expired', 'calm'],
  approved: ['Approved', 'busy'],
  applying: ['Being applied', 'busy'],
  applied: ['Applied', 'good'],
  rolled_back: ['Rolled back', 'calm'],
  needs_review: ['Needs review', 'bad'],
  failed: ['Failed', 'bad'],
};

export const OPERATION_STATES = {
  starting: ['Starting', 'busy'],
  running: ['Running', 'busy'],
  paused: ['Paused', 'calm'],
  compensating: ['Undoing its steps', 'busy'],
  done: ['Done', 'good'],
  rolled_back: ['Rolled back', 'calm'],
  needs_review: ['Needs review', 'bad'],
};

/** What became of single changes: a name, an explanation, and whether a person should look at it. */
export const CHANGE_STATES = {
  pending: ['Not begun', 'Nothing was sent for these.', false],
  intended: ['Begun', 'The write was about to be sent.', false],
  landed: ['Written', 'The base now holds the new value.', false],
  unchanged: ['Already so', 'The base already held the new value; nothing was written.', false],
  conflict: ['Conflict', 'Somebody changed these after the preview. They were left alone.', true],
  failed: ['Failed', 'The base refused these.', true],
  unknown: ['Not certain', 'No clear answer came back: look at these in the base.', true],
  skipped: ['Not chosen', 'Left out of the approval.', false],
  undo_intended: ['Undo begun', 'The undo was about to be sent.', false],
  undone: ['Undone', 'Set back to what was there before.', false],
  undo_conflict: ['Not undone', 'Somebody changed these after the edit. They were left alone.', true],
  undo_unknown: [
    'Undo not certain',
    'No clear answer came back to the undo: look at these in the base.',
    true,
  ],
};

/** By what it is known what became of a change, the surest first. */
export const EVIDENCE = {
  answer: 'the answer of the base',
  marker: 'its marker',
  witness: 'what the base told of changes',
  read_back: 'reading it back',
};

const FINAL = new Set(['done', 'rolled_back', 'needs_review']);

/** True when nothing more will happen to an operation by itself. */
export function isFinal(operation) {
  return FINAL.has(operation.status);
}
