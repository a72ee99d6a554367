import type { ScanRule } from '../scan-rule.ts';
import { matchesInTexts } from '../subject.ts';

/** What credentials look like by the documentation of those who give them out. */
const KINDS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/g },
  { what: 'an access key of AWS', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { what: 'a token of GitHub', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})\b/g },
  { what: 'a token of GitLab', pattern: /\bglpat-[A-Za-z0-9_-]{20,}\b/g },
  { what: 'a token of Slack', pattern: /\bxox[abpsr]-[A-Za-z0-9-]{20,}\b/g },
  { what: 'a token of npm', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  {
    what: 'a password',
    // With letters and digits: documentation is full of "SuperSecretToken".
    pattern:
      /\b(?:password|passwd|secret|api_?key|access_?token)["']?\s*[:=]\s*["'](?=[^"']*[0-9])(?=[^"']*[a-z])[^"'\s$<{]{12,}["']/gi,
  },
];

/** Whoever downloads the plugin has it then (CWE-798). */
export const secrets: ScanRule = {
  id: 'secrets',
  level: 'high',
  title: 'a file contains a credential',
  fix: 'Revoke it, and take credentials from the configuration.',
  vulnerable: { files: { 'settings.json': '{"key": "AKIAABCDEFGHIJKLMNOP"}' } },
  clean: {
    files: { 'settings.json': '{"password": "${PASSWORD_FROM_CONFIG}", "secret": "SuperSecretToken"}' },
  },
  find: ({ texts }) =>
    KINDS.flatMap(({ what, pattern }) => matchesInTexts(texts, pattern, () => `The file contains ${what}.`)),
};
