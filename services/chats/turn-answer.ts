import { z } from 'zod';
import type { TranscriptEntry } from '../planners/planner';
import type { Answer } from './chats';

const Proposed = z.object({ editId: z.string() });
const REFUSED = 'The model would not answer this. Put it in other words, or submit the change set yourself.';
const NOTHING_SAID = 'The planner ended without an answer. Nothing was written; you can ask again.';

/** What people get to read of a turn: the planner's last words, what it called, the edit it proposed last. */
export function answerOf(entries: readonly TranscriptEntry[], planner: string, abandoned = false): Answer {
  const results = entries.flatMap((entry) => (entry.kind === 'result' ? [entry] : []));
  const proposal = results.findLast((result) => result.ok && result.name === 'propose_edit');
  const edit = Proposed.safeParse(proposal?.result);
  return {
    text: textOf(entries, abandoned, edit.success),
    planner,
    editId: edit.success ? edit.data.editId : null,
    toolCalls: results.map(({ name, ok }) => ({ name, ok })),
  };
}

function textOf(entries: readonly TranscriptEntry[], abandoned: boolean, proposed: boolean): string {
  const last = entries.at(-1);
  const left = proposed ? 'What was proposed before can be reviewed.' : 'Nothing was proposed.';
  if (abandoned) return `I could not finish this answer. ${left} You can ask again.`;
  if (last?.kind === 'stopped') return `I stopped: ${last.reason}. ${left}`;
  if (last?.kind !== 'move') return NOTHING_SAID;
  if (last.move.refusal) return `${REFUSED} (${last.move.refusal.reason})`;
  return last.move.text?.trim() || (proposed ? 'I proposed a change set: have a look at it.' : NOTHING_SAID);
}
