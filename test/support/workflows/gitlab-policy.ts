import { type CollectionTag, parse, type ScalarTag } from 'yaml';

/** What the pipelines of GitLab may not do, as code. */

interface GitlabJob {
  readonly extends?: string | readonly string[];
  readonly script?: readonly unknown[];
  readonly before_script?: readonly unknown[];
  readonly timeout?: string;
  readonly environment?: unknown;
  readonly image?: unknown;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly rules?: readonly unknown[];
  readonly resource_group?: string;
}

const REFERENCE: CollectionTag = { tag: '!reference', collection: 'seq', identify: () => false };
const TAGS: (ScalarTag | CollectionTag)[] = [REFERENCE];
const RESERVED = new Set(['default', 'image', 'include', 'stages', 'variables', 'workflow']);
/** Jobs that run or judge what strangers wrote. */
const UNTRUSTED = new Set(['validation', 'measurement', 'measure-open', 'audit-measure']);
/** The token of a job has several names. */
const WITHOUT_TOKEN =
  'unset CI_JOB_TOKEN CI_REPOSITORY_URL CI_REGISTRY_PASSWORD CI_DEPENDENCY_PROXY_PASSWORD';

/** The jobs of a file that are carried out; those that begin with a dot are parts of others. */
export function gitlabJobs(text: string): Readonly<Record<string, GitlabJob>> {
  const document = parseGitlab(text);
  const jobs = Object.entries(document).filter(([name]) => !RESERVED.has(name) && !name.startsWith('.'));
  return Object.fromEntries(jobs) as Record<string, GitlabJob>;
}

export function parseGitlab(text: string): Readonly<Record<string, unknown>> {
  return parse(text, { customTags: TAGS, merge: false }) as Record<string, unknown>;
}

type Rule = (name: string, job: GitlabJob) => boolean;

const lines = (job: GitlabJob): readonly string[] =>
  [...(job.before_script ?? []), ...(job.script ?? [])].flat().map(String);
const bases = (job: GitlabJob): readonly string[] => [job.extends ?? []].flat();

/** Each answers whether the job breaks it. */
const RULES: Readonly<Record<string, Rule>> = {
  'a-time-limit': (_, job) => job.timeout === undefined,
  'tools-of-the-default-branch': (_, job) =>
    !bases(job).some((base) => ['.sheaf', '.sheaf-with-sandbox', '.trusted-tools'].includes(base)),
  'no-text-of-others-in-scripts': (_, job) =>
    lines(job).some((line) =>
      /\$\{?CI_(MERGE_REQUEST_(TITLE|DESCRIPTION|SOURCE_BRANCH_NAME|LABELS)|COMMIT_(MESSAGE|TITLE|DESCRIPTION|REF_NAME|BRANCH|AUTHOR))/.test(
        line,
      ),
    ),
  'nothing-to-steal-from-untrusted-jobs': (name, job) =>
    UNTRUSTED.has(name) &&
    (bases(job).includes('.push') ||
      job.environment !== undefined ||
      /SHEAF_(TOKEN|CHECKPOINT_KEY)/.test(JSON.stringify(job))),
  'no-token-where-plugins-run': (_, job) =>
    bases(job).includes('.sheaf-with-sandbox') && lines(job)[0] !== WITHOUT_TOKEN,
  'a-push-has-an-environment': (_, job) =>
    bases(job).includes('.push') && typeof job.environment !== 'string',
  'one-at-a-time': (name, job) =>
    ['sign', 'pages', 'queue', 'report', 'stats'].includes(name) && job.resource_group === undefined,
  'a-signing-job-that-installs-nothing': (name, job) =>
    name === 'sign' &&
    (job.environment !== 'publish' ||
      bases(job).some((base) => base !== '.published' && base !== '.trusted-tools') ||
      (job.script ?? []).length !== 2 ||
      job.script?.[1] !== 'bash .gitlab/scripts/sign-checkpoint.sh first second'),
};

export const GITLAB_RULES: readonly string[] = Object.keys(RULES);

/** The faults of a file: `rule: job`. */
export function gitlabFaults(text: string): readonly string[] {
  return Object.entries(gitlabJobs(text)).flatMap(([name, job]) =>
    Object.entries(RULES).flatMap(([rule, isBroken]) => (isBroken(name, job) ? [`${rule}: ${name}`] : [])),
  );
}
