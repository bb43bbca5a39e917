import { cpus, totalmem } from 'node:os';
import type { Finding } from './oracle/findings';
import type { ChaosResult } from './run';

/** Findings that are listed one by one. */
const LISTED = 40;
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** The run in Markdown, for people: what was tried, what was found, and whether that is enough. */
export function reportText(result: ChaosResult & { readonly without: string | null }): string {
  const { settings, seconds, judgement: run, without } = result;
  const verdict = run.reasons.length === 0 ? 'PASSED' : `NOT PASSED: ${run.reasons.join('; ')}`;
  const faults = Object.entries(run.faults).filter(([fault, count]) => fault !== 'pass' && count > 0);
  const rows: Array<[string, string | number]> = [
    ['Machine', machine()],
    ['Seed', settings.seed],
    ['Bases at a time, edits at a time on each', `${settings.bases}, ${settings.lanes}`],
    [
      'Settle window; requests that land late',
      `${settings.settleSeconds} s; ${settings.late} %, up to ${settings.lateSeconds + 1} s`,
    ],
    ...(without === null ? [] : [['Without the safeguard', without] as [string, string]]),
    [
      'Seconds under faults, and until all had ended',
      `${seconds.faults.toFixed(0)} + ${seconds.quiet.toFixed(0)}`,
    ],
    ['Edits begun, ended', `${run.edits}, ${run.ended}`],
    ['Ended in a minute', ((run.ended * 60) / (seconds.faults + seconds.quiet)).toFixed(0)],
    ['Changes in them', run.changes],
    ['Committed (of these reverted later)', `${percent(run.committedShare)} (${run.endings.reverted})`],
    ['Compensated', percent(run.compensatedShare)],
    ['Taken back: compensated or reverted', percent(run.takenBackShare)],
    ['Ended before anything was written', run.endings['nothing done']],
    ['Could not be planned', run.endings['not planned']],
    ['Kills, stops', `${run.kills}, ${run.stops}`],
    ['Kills in the middle of a request', run.midRequest],
    ['Faults on the way to Airtable', faults.map(([fault, count]) => `${fault} ${count}`).join(', ')],
    ['Records written late, later than the settle window', `${run.late}, ${run.veryLate}`],
    ...Object.entries(run.counts).map(([kind, count]): [string, number] => [capital(kind), count]),
    ['Edits that need review', run.endings['needs review']],
    ['Explained by a landing after the settle window', run.beyondWindow.length],
    ['Created twice and mended', run.mendedTwins],
    ['Files back with records that were deleted', run.filesBack],
    ['Records written after the end of their edit', run.afterEnd],
  ];
  const table = rows.map(([what, value]) => `| ${what} | ${value} |`).join('\n');
  return [
    `# Chaos run, seed ${settings.seed}: ${verdict}`,
    `| | |\n|---|---|\n${table}`,
    list('Findings', run.findings.map(findingLine)),
    list('Beyond the settle window', run.beyondWindow.map(findingLine)),
    list(
      'Needs review',
      run.review.map(
        ({ edit, record, state, reason, cause }) =>
          `edit ${edit}, ${record}: ${state}, ${reason ?? 'no reason'}; the edit: ${cause ?? 'nothing'}`,
      ),
    ),
    `Repeat its edits, faults and kills with \`npm run chaos -- --seed ${settings.seed} --seconds ${settings.seconds} --kills ${settings.kills} --edits ${settings.edits} --bases ${settings.bases} --lanes ${settings.lanes} --settle ${settings.settleSeconds} --late ${settings.late} --late-by ${settings.lateSeconds}\`.`,
  ]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n');
}

function machine(): string {
  const cores = cpus();
  return `${cores.length} × ${cores[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}, Node ${process.version}`;
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

function findingLine({ kind, edit, editId, record, saw }: Finding): string {
  return `${kind}: edit ${edit} (${editId ?? 'not planned'})${record === null ? '' : `, ${record}`}: ${saw.slice(0, 400)}`;
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const more = lines.length > LISTED ? [`and ${lines.length - LISTED} more`] : [];
  return `## ${title}\n\n${[...lines.slice(0, LISTED), ...more].map((line) => `- ${line}`).join('\n')}`;
}
