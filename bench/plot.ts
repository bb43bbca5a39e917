/** A line of a panel: points with positive `x`, in order. */
export interface Series {
  readonly name: string;
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
}

export interface Panel {
  /** With its unit. */
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** A level that is not to be passed. */
  readonly bound?: { readonly y: number; readonly name: string };
}

const WIDTH = 720;
const PANEL = 220;
const MARGIN = { left: 78, right: 150, top: 40, bottom: 50, between: 34 };
const COLOURS = ['#1f6feb', '#d1591c', '#2f8f4e', '#8250df'];

const escape = (text: string) =>
  text.replace(/[&<>]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;'));
const number = (value: number) => value.toLocaleString('en', { maximumSignificantDigits: 3 });

function text(x: number, y: number, content: string, more = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(content)}</text>`;
}

/** A step of 1, 2 or 5 times a power of ten of which about four reach `top`. */
function stepFor(top: number): number {
  const raw = top / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((f) => f * power >= raw) ?? 10;
  return factor * power;
}

function drawPanel({ yLabel, series, bound }: Panel, top: number, xOf: (x: number) => number): string[] {
  const values = series.flatMap(({ points }) => points.map(([, y]) => y));
  const highest = Math.max(...values, bound?.y ?? 0, Number.MIN_VALUE);
  const step = stepFor(highest);
  const ceiling = Math.ceil(highest / step) * step;
  const yOf = (y: number) => top + PANEL * (1 - y / ceiling);
  const right = WIDTH - MARGIN.right;
  const lines: string[] = [];
  for (let y = 0; y <= ceiling + step / 2; y += step) {
    lines.push(`<path class="grid" d="M${MARGIN.left} ${yOf(y).toFixed(1)}H${right}"/>`);
    lines.push(text(MARGIN.left - 8, yOf(y) + 4, number(y), 'text-anchor="end"'));
  }
  const middle = top + PANEL / 2;
  lines.push(text(18, middle, yLabel, `text-anchor="middle" transform="rotate(-90 18 ${middle})"`));
  if (bound) {
    lines.push(`<path class="bound" d="M${MARGIN.left} ${yOf(bound.y).toFixed(1)}H${right}"/>`);
    lines.push(text(right + 8, yOf(bound.y) + 4, bound.name));
  }
  series.forEach(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length] ?? '#000';
    const places = points.map(([x, y]) => `${xOf(x).toFixed(1)},${yOf(y).toFixed(1)}`);
    lines.push(`<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const place of places) {
      const [x, y] = place.split(',');
      lines.push(`<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`);
    }
    const legend = top + (bound ? 32 : 14) + i * 18;
    lines.push(`<rect x="${right + 8}" y="${legend - 9}" width="10" height="10" fill="${colour}"/>`);
    lines.push(text(right + 24, legend, name));
  });
  return lines;
}

/** An SVG of panels above each other over one logarithmic axis. */
export function drawPlot(title: string, xLabel: string, panels: readonly Panel[]): string {
  const xs = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([x]) => x)));
  const ticks = [...new Set(xs)].sort((a, b) => a - b);
  const [low, high] = [Math.log10(ticks[0] ?? 1), Math.log10(ticks.at(-1) ?? 10)];
  const width = WIDTH - MARGIN.left - MARGIN.right;
  const xOf = (x: number) => MARGIN.left + (width * (Math.log10(x) - low)) / Math.max(high - low, 1e-9);
  const bottom = MARGIN.top + panels.length * PANEL + (panels.length - 1) * MARGIN.between;
  const height = bottom + MARGIN.bottom;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">`,
    '<style>text{font:12px sans-serif;fill:#24292f}.title{font-size:15px;font-weight:bold}.grid{stroke:#d0d7de}.bound{stroke:#cf222e;stroke-dasharray:5 4}</style>',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(MARGIN.left, 24, title, 'class="title"'),
    ...panels.flatMap((panel, i) => drawPanel(panel, MARGIN.top + i * (PANEL + MARGIN.between), xOf)),
    ...ticks.map((x) => text(xOf(x), bottom + 18, number(x), 'text-anchor="middle"')),
    text(MARGIN.left + width / 2, bottom + 38, xLabel, 'text-anchor="middle"'),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}
