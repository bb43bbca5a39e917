export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
// A value is what Go's ParseFloat takes, and that takes NaN in any case.
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? ([nN]a[nN]|[+-]Inf|[-+]?[0-9.]+(?:e[-+]?[0-9]+)?)$`);
const KINDS = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/** Prometheus' text format, version 0.0.4, strictly: throws at what a scrape would refuse, and at what is given twice. */
export function parsePrometheus(text: string): readonly Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const kinds = new Map<string, string>();
  const seen = new Set<string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n').filter(Boolean)) {
    const about = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line);
    if (about) {
      const [, what, name = '', rest = ''] = about;
      if (what === 'HELP') continue;
      if (!KINDS.includes(rest) || kinds.has(name)) throw new Error(`a type that cannot be: ${line}`);
      kinds.set(name, rest);
      continue;
    }
    const found = SAMPLE.exec(line);
    if (!found) throw new Error(`neither a sample nor a comment: ${line}`);
    const [, name = '', labels = '', value = ''] = found;
    if (!kinds.has(name.replace(/_(bucket|sum|count)$/, '')) && !kinds.has(name))
      throw new Error(`a sample without a type: ${line}`);
    if (seen.has(`${name}{${labels}}`)) throw new Error(`given twice: ${line}`);
    seen.add(`${name}{${labels}}`);
    samples.push({ name, labels: parseLabels(labels), value: Number(value.replace('Inf', 'Infinity')) });
  }
  return samples;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const found = LABEL.exec(text);
    if (!found) throw new Error(`labels that cannot be: ${text}`);
    labels[found[1] ?? ''] = found[2] ?? '';
  }
  return labels;
}
