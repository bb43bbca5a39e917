import { nearestName } from '../../tools/nearest-name';
import { NO_USAGE } from '../limits';
import type { Planner, PlannerMove } from '../planner';
import { compileCommands, needsTables } from './compile';
import { HELP } from './help';
import { gatherKnowledge, type Knowledge } from './knowledge';
import { parseCommands } from './parser';
import { CommandProblem, showProblem } from './problem';
import type { Name, Statement } from './statements';

/**
 * The planner that needs no key: a message in the commands language (docs/commands.md) becomes one proposal.
 * Deterministic: the same conversation gives the same move. Needs no more calls than list_bases (when the chat
 * names no base), describe_base (for a merge) and propose_edit.
 */
export function createCommandsPlanner(): Planner {
  return {
    name: 'commands',
    async next(entries) {
      const known = gatherKnowledge(entries);
      try {
        return nextMove(known);
      } catch (error) {
        if (!(error instanceof CommandProblem)) throw error;
        return answer(
          `${showProblem(known.message, error)}\n\nNothing was proposed. Type help to see what I understand.`,
        );
      }
    },
  };
}

function nextMove(known: Knowledge): PlannerMove {
  if (known.proposal) return answer(closingText(known.proposal));
  if (known.failure !== undefined) return answer(`Nothing was proposed. ${known.failure}`);
  const statements = parseCommands(known.message);
  const work = statements.filter((statement) => statement.kind !== 'help' && statement.kind !== 'use');
  if (statements.some((statement) => statement.kind === 'help')) return answer(HELP);
  const base = chooseBase(statements, known);
  if (base === 'unknown') return call('list_bases', {});
  if (work.length === 0) return answer('Which change? Add a command after "use", or type help.');
  if (needsTables(work) && !known.schema) return call('describe_base', base);
  if (needsTables(work) && known.schema?.more !== undefined) {
    throw new CommandProblem(
      'This base is too large for merge: relink each field that links to it, then delete the record.',
      0,
    );
  }
  return call('propose_edit', { ...base, ...compileCommands(work, known.schema?.tables ?? []) });
}

function chooseBase(
  statements: readonly Statement[],
  known: Knowledge,
): { baseId: string; connectionId?: string } | 'unknown' {
  const uses = statements.flatMap((statement) => (statement.kind === 'use' ? [statement.base] : []));
  const [wanted, second] = uses;
  if (second) throw new CommandProblem('One message changes one base: say use once.', second.offset);
  if (!wanted && known.baseId !== null) return { baseId: known.baseId };
  if (!known.bases) return 'unknown';
  const fits = known.bases.bases.filter((base) => !wanted || namesBase(wanted, base));
  const [only, other] = fits;
  if (only && !other) return { baseId: only.baseId, connectionId: only.connectionId };
  const names = known.bases.bases.map((base) => base.name);
  const list = known.bases.bases.map((base) => `"${base.name}" (${base.baseId})`).join(', ') || 'none';
  const near = wanted && nearestName(wanted.text, names);
  const message = other ? 'Several bases fit: begin with use and the id of one.' : 'There is no such base.';
  throw new CommandProblem(
    `${message} The bases are: ${list}.`,
    wanted?.offset ?? 0,
    near && !other ? `"${near}"` : undefined,
  );
}

function namesBase(wanted: Name, base: { baseId: string; name: string }): boolean {
  return wanted.text === base.baseId || wanted.text.toLowerCase() === base.name.toLowerCase();
}

function closingText(proposal: NonNullable<Knowledge['proposal']>): string {
  const warnings = proposal.warnings.map((warning) => `\nNote: ${warning}`).join('');
  return `${proposal.headline}${warnings}\nNothing has been written yet: look at the changes and approve or reject them.`;
}

/** Unique within a turn, since no tool is called twice; and the same at each attempt. */
function call(name: string, args: Record<string, unknown>): PlannerMove {
  return { calls: [{ id: name, name, args }], usage: NO_USAGE };
}

function answer(text: string): PlannerMove {
  return { text, calls: [], usage: NO_USAGE };
}
