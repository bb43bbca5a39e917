import { createHash } from 'node:crypto';

const STYLE =
  'body{margin:0;padding:1rem;font:14px/1.5 sans-serif;white-space:pre-wrap}[data-theme^=dark]{background:#141414;color:#e6e6e6}';
const STYLE_DIGEST = createHash('sha256').update(STYLE).digest('base64');

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string) => text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? '');

/** Nothing runs and nothing is loaded; only our own pages may frame it. */
export const RENDERED_TEXT_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_DIGEST}'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'`;

/**
 * Summary and details of a workflow as the page that Temporal's Web UI frames. The Web UI asks for it at /render
 * whatever path it is served under, and its own server has it only below that path. Of Markdown it knows what
 * workflows/details.ts writes: bold, code, lists.
 */
export function renderText(content: string, theme: string): string {
  const html = escape(content)
    .replace(/\*\*([^*\n]+)\*\*/g, '<strong>$1</strong>')
    .replace(/`([^`\n]+)`/g, '<code>$1</code>')
    .replace(/^- /gm, '• ');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Details</title><style>${STYLE}</style></head><body data-theme="${escape(theme)}">${html}</body></html>`;
}
