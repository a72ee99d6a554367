import { closest } from '../did-you-mean.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseJsonDocument } from '../documents/json-document.ts';
import type { Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { FORBIDDABLE_CALLS } from '../runtime/seccomp-filter.ts';
import { quote } from '../text.ts';
import { validate as validateSeccomp } from '../validators/seccomp.generated.js';

/** Where it lies in a plugin. */
export const SECCOMP_FILE = 'seccomp.json';

/** System calls that a native plugin does without: `seccomp.json` in its archive. */
export interface SeccompFile {
  /** Names of calls that its filter forbids beyond those that the host forbids. */
  readonly forbid: readonly string[];
}

/**
 * Reads one. A name that no filter knows is an error, not a call that stays allowed: whoever wrote it relies on it.
 */
export function readSeccompFile(bytes: Uint8Array, file: string): Reading<SeccompFile> {
  const parsed = parseJsonDocument(bytes, file, {
    maxBytes: LIMITS.seccompFileBytes,
    maxDepth: LIMITS.textFileDepth,
  });
  return readDocument(parsed, validateSeccomp, (document, report) => {
    const { forbid } = document.value as unknown as SeccompFile;
    for (const [index, name] of forbid.entries()) {
      if (FORBIDDABLE_CALLS.includes(name)) continue;
      const meant = closest(name, FORBIDDABLE_CALLS);
      report(
        ['forbid', index],
        'system-call',
        `${quote(name)} is no system call that a plugin can forbid itself.`,
        meant === undefined
          ? `Write some of ${FORBIDDABLE_CALLS.join(', ')}.`
          : `Did you mean ${quote(meant)}?`,
      );
    }
    return { forbid };
  });
}
