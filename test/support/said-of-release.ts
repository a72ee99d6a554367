import { expect } from 'vitest';
import type { ChangeFault } from '../../src/core/submissions/change-rule.ts';
import { CONTENT_RULES } from '../../src/core/submissions/content-rules.ts';
import { type ChangeDraft, RELEASE_PATH, submittedChange } from './submitted-change.ts';

/** What one rule says. */
export type Found = ChangeFault & { readonly rule: string };

/** What all rules about contents say of a draft. */
export async function faultsOf(draft: ChangeDraft = {}): Promise<readonly Found[]> {
  const change = await submittedChange(draft);
  const found = await Promise.all(
    CONTENT_RULES.map(async ({ id, judge }) =>
      (await judge(change)).map((fault) => ({ rule: id, ...fault })),
    ),
  );
  return found.flat();
}

/** What is said of a draft: rule, severity, sentence, the line of the manifest, and whether a way out is named. */
export async function saidOf(draft: ChangeDraft): Promise<readonly (readonly unknown[])[]> {
  const [release] = (await submittedChange(draft)).plugins[0]?.releases ?? [];
  const lines = new TextDecoder().decode(release?.bytes).split('\n');
  return (await faultsOf(draft)).map(({ rule, severity, place, message, fix }) => [
    rule,
    severity,
    message,
    place.file === RELEASE_PATH ? lines[(place.line ?? 0) - 1] : undefined,
    /^[A-Z].*[.?]$/s.test(fix),
  ]);
}

/** That this one thing is said, and nothing else. */
export function only(
  rule: string,
  severity: 'error' | 'warning',
  message: RegExp | string,
  line: string,
): readonly (readonly unknown[])[] {
  const exactly =
    typeof message === 'string'
      ? new RegExp(`^${message.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`)
      : message;
  return [[rule, severity, expect.stringMatching(exactly), expect.stringContaining(line), true]];
}
