import type { ArgumentSpec, OptionSpec } from '../command-spec.ts';

/** Where a change of a registry is looked for. */
export const CLONE: ArgumentSpec = {
  name: 'REGISTRY',
  kind: 'directory',
  required: true,
  summary: 'A clone of the registry repository, bare or not',
};

export const BASE: OptionSpec = {
  name: 'base',
  value: { name: 'REV', kind: 'text' },
  summary: 'Commit of the registry before the change',
};

export const HEAD: OptionSpec = {
  name: 'head',
  value: { name: 'REV', kind: 'text' },
  summary: 'Commit with the change in it',
};

export const FORGE: OptionSpec = {
  name: 'forge',
  value: { name: 'FORGE', kind: 'text', choices: ['github', 'gitlab'] },
  summary: 'Where the pull requests are',
};

export const REPOSITORY: OptionSpec = {
  name: 'repository',
  value: { name: 'OWNER/NAME', kind: 'text' },
  summary: 'The repository on the forge; that of the workflow when absent',
};

export const ALLOW_NETWORK: OptionSpec = {
  name: 'allow-network',
  value: { name: 'NETWORK', kind: 'text' },
  repeat: true,
  summary: 'Also fetch artifacts from this network besides the public internet, such as 10.1.0.0/16',
};

/** Whether artifacts are looked into, and from where they may come. */
export const ARTIFACT_OPTIONS: readonly OptionSpec[] = [
  { name: 'no-artifacts', summary: 'Do not fetch the artifacts of releases' },
  ALLOW_NETWORK,
];

/** How a change comes to a registry. */
export const TRANSPORT: OptionSpec = {
  name: 'transport',
  value: { name: 'HOW', kind: 'text' },
  summary: 'github, gitlab, git, or patch:FILE; told by the address when absent',
};
