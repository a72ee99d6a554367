import type { OptionSpec } from '../command-spec.ts';
import { ARTIFACT_OPTIONS, BASE, FORGE, HEAD, REPOSITORY } from './change-options.ts';

/** How `sheaf check` judges a change of a registry instead of a plugin; all of them need the first. */
export const AS_CI_OPTIONS: readonly OptionSpec[] = [
  { name: 'as-ci', summary: 'Judge a change of a registry as its CI does; needs --base and --head' },
  BASE,
  HEAD,
  {
    name: 'submitter',
    value: { name: 'FORGE:ID:LOGIN', kind: 'text' },
    summary: 'Account that proposes the change, such as github:1234567:contributor',
  },
  {
    name: 'waive',
    value: { name: 'RULE', kind: 'text' },
    repeat: true,
    summary: 'Let faults of this rule pass; only rules that may be waived heed it',
  },
  {
    name: 'pull-request',
    value: { name: 'N', kind: 'count' },
    summary: 'Also waive what labels waive:RULE of this pull request waive',
  },
  { ...FORGE, summary: 'Where the pull request is; github when absent' },
  REPOSITORY,
  ...ARTIFACT_OPTIONS,
];
