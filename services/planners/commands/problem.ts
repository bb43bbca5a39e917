/** What is wrong with a command, and where: a sentence for whoever typed it. */
export class CommandProblem extends Error {
  /** Index into the source, in UTF-16 units. */
  readonly offset: number;
  readonly suggestion: string | undefined;

  constructor(message: string, offset: number, suggestion?: string) {
    super(message);
    this.name = 'CommandProblem';
    this.offset = offset;
    this.suggestion = suggestion;
  }
}

/** Most characters of the offending line that are repeated. */
const SHOWN = 120;

/** Line and column (from 1), the line itself and a mark below the place. */
export function showProblem(source: string, problem: CommandProblem): string {
  const offset = Math.min(problem.offset, source.length);
  const start = source.slice(0, offset).lastIndexOf('\n') + 1;
  const end = source.indexOf('\n', offset);
  const column = offset - start;
  const from = Math.max(0, column - SHOWN + 20);
  const text = source.slice(start + from, Math.min(end < 0 ? source.length : end, start + from + SHOWN));
  const number = source.slice(0, start).split('\n').length;
  const hint = problem.suggestion === undefined ? '' : ` Did you mean ${problem.suggestion}?`;
  const place = `Line ${number}, column ${column + 1}: ${problem.message}${hint}`;
  return `${place}\n\n    ${text.replace(/\t/g, ' ')}\n    ${' '.repeat(column - from)}^`;
}
