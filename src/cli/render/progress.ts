import type { Reporter, TransferProgress } from '../../core/ports.ts';
import type { OutputStream } from '../stdio.ts';
import { dim, type Line, renderLine, yellow } from './line.ts';
import { formatBytes } from './size.ts';
import { displayWidth } from './table.ts';

/** How the conversation on standard error looks. */
export interface ConversationStyle {
  readonly colours: boolean;
  /** Bars may be redrawn. */
  readonly animated: boolean;
  /** With --json: warnings travel in the document, and nothing else is said. */
  readonly silent: boolean;
}

/** A reporter that writes to standard error, and what it has to clean up. */
export interface Conversation extends Reporter {
  /** Every warning so far, for the JSON document. */
  readonly warnings: readonly string[];
  /** Writes a line above the bars. */
  say(line: Line): void;
  /** Takes the bars away, before the result or an error is printed. */
  finish(): void;
}

// A redraw costs a few hundred bytes; more often than this nobody sees.
const REDRAW_INTERVAL = 80;
const BAR_WIDTH = 24;
const LABEL_WIDTH = 32;

/**
 * Notes, warnings and downloads for people: a bar for each running download on a terminal, one line for each
 * finished one elsewhere.
 */
export function createConversation(stream: OutputStream, style: ConversationStyle): Conversation {
  const warnings: string[] = [];
  const running = new Map<string, TransferProgress>();
  let drawn = 0;
  let lastDraw = 0;

  const erase = (): void => {
    // Each bar is one line: up one, erase it (ECMA-48 CUU, EL), from the lowest to the first.
    if (drawn > 0) stream.write('\u001b[1A\u001b[2K'.repeat(drawn));
    drawn = 0;
  };
  const draw = (): void => {
    erase();
    for (const progress of running.values()) stream.write(renderLine(barLine(progress), style.colours));
    drawn = running.size;
    lastDraw = Date.now();
  };
  const say = (line: Line): void => {
    if (style.silent) return;
    erase();
    stream.write(renderLine(line, style.colours));
    if (running.size > 0) draw();
  };

  return {
    warnings,
    say,
    note: (message) => say(message),
    warn(message) {
      warnings.push(message);
      say([yellow('warning'), `: ${message}`]);
    },
    transfer(progress) {
      if (style.silent) return;
      if (progress.done) {
        running.delete(progress.label);
        say(doneLine(progress));
      } else if (style.animated) {
        running.set(progress.label, progress);
        if (Date.now() - lastDraw >= REDRAW_INTERVAL) draw();
      }
    },
    finish() {
      erase();
      running.clear();
    },
  };
}

function doneLine(progress: TransferProgress): Line {
  return ['fetched ', progress.label, dim(` ${formatBytes(progress.received)}`)];
}

/** `graph-lens 1.2.0   [=======>          ] 1.20 MB of 3.40 MB`; without a total, only what came. */
function barLine({ label, received, total }: TransferProgress): Line {
  const name = fit(label);
  if (total === undefined || total === 0) return [name, '  ', dim(formatBytes(received))];
  const filled = Math.min(BAR_WIDTH, Math.floor((received / total) * BAR_WIDTH));
  const bar = `${'='.repeat(filled)}${filled < BAR_WIDTH ? '>' : ''}`.padEnd(BAR_WIDTH).slice(0, BAR_WIDTH);
  return [name, `  [${bar}] `, dim(`${formatBytes(received)} of ${formatBytes(total)}`)];
}

/** The label in a fixed width, so that a bar never wraps into a second line, which could not be erased. */
function fit(label: string): string {
  let text = '';
  for (const character of label) {
    if (displayWidth(text + character) > LABEL_WIDTH) break;
    text += character;
  }
  return text + ' '.repeat(LABEL_WIDTH - displayWidth(text));
}
