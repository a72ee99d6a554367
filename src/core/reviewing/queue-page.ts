import { formatInstant } from '../instant.ts';
import { escapeForTerminal } from '../text.ts';
import type { QueueEntry, ReviewQueue } from './review-queue.ts';
import { waitedFor } from './waiting-time.ts';

/**
 * The queue as a page for everybody: what is open, why people have to look at it, and how long it has been waiting.
 * One static file without scripts or anything to fetch; all that submissions say is escaped.
 */
export function writeQueuePage(queue: ReviewQueue): Uint8Array {
  const { registry, generated, entries } = queue;
  const title = `Review queue of ${registry}`;
  const rows = entries.map((entry) => rowOf(entry, generated)).join('\n');
  const body =
    entries.length === 0
      ? '<p>Nothing is waiting.</p>'
      : `<table>\n<thead><tr><th scope="col">#</th><th scope="col">Release</th><th scope="col">Why people look</th><th scope="col">Where it stands</th><th scope="col">Waiting</th></tr></thead>\n<tbody>\n${rows}\n</tbody>\n</table>`;
  return new TextEncoder().encode(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${entries.length} open, as of ${timeOf(formatInstant(generated))}. The numbers count those that wait for machines and those that wait for people apart, oldest first.</p>
${body}
</body>
</html>
`);
}

const STYLE =
  ':root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.5rem;border-bottom:1px solid #8886}ul{margin:0;padding-left:1.2rem}';

const LANES = { machine: 'machine', review: 'people' } as const;

function rowOf({ submission, position, risk, merge, ask }: QueueEntry, now: number): string {
  const { url, plugin, version, owner, category, tier, opened, requests } = submission;
  const name = escapeHtml(`${plugin} ${version}`);
  const release = isWeb(url) ? `<a href="${escapeHtml(url)}" rel="nofollow">${name}</a>` : name;
  const reasons = risk.reasons.map(({ message }) => `<li>${escapeHtml(message)}</li>`).join('');
  const asked = [...requests, ...ask.chosen].map(({ reviewer }) => reviewer);
  const cells = [
    `${position}, ${LANES[risk.lane]}`,
    `${release}<br>${escapeHtml(`${owner}, ${category}, ${tier}`)}`,
    reasons === '' ? 'Nothing is new or risky.' : `<ul>${reasons}</ul>`,
    [
      escapeHtml(merge.because),
      ...(asked.length === 0 ? [] : [escapeHtml(`Asked: ${asked.join(', ')}.`)]),
      ...(merge.due === undefined ? [] : [`Merges by itself at ${timeOf(formatInstant(merge.due))}.`]),
    ].join('<br>'),
    `${escapeHtml(waitedFor(now - opened))} since ${timeOf(formatInstant(opened))}`,
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function timeOf(instant: string): string {
  return `<time datetime="${instant}">${instant.slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ')} UTC</time>`;
}

/** `javascript:` and `data:` addresses would run in the page. */
function isWeb(url: string): boolean {
  return /^https?:\/\//.test(url);
}

/** Text in HTML, also between quotes; what could reorder a line for its reader becomes visible. */
function escapeHtml(text: string): string {
  const references: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return escapeForTerminal(text).replace(/[&<>"']/g, (character) => references[character] ?? '');
}
