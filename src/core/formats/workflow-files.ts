/** The forges whose workflows a registry can have. */
export type CiSystem = 'github' | 'gitlab';

/** Where a file of a registry comes from: the workflows of sheaf's own registry, or the templates beside them. */
export interface WorkflowFile {
  /** Path in the registry. */
  readonly path: string;
  /** `workflows` is `.github/` of sheaf's repository, `templates` is its `examples/`. */
  readonly from: 'workflows' | 'templates';
  /** Path below that. */
  readonly source: string;
}

const own = (source: string): WorkflowFile => ({ path: `.github/${source}`, from: 'workflows', source });
const gitlab = (source: string, path = source): WorkflowFile => ({
  path,
  from: 'templates',
  source: `registry/gitlab/${source}`,
});
/** GitLab runs the same scripts. */
const gitlabScript = (name: string): WorkflowFile => ({
  path: `.gitlab/scripts/${name}`,
  from: 'workflows',
  source: `scripts/${name}`,
});

/**
 * The files that run a registry on a forge. Those of GitHub are the very files that run sheaf's own registry; only the
 * way in which sheaf gets there differs, which is `setup-sheaf`.
 */
export const WORKFLOW_FILES: Readonly<Record<CiSystem, readonly WorkflowFile[]>> = {
  github: [
    ...[
      'audit',
      'links',
      'plugin-review',
      'promote',
      'publish',
      'queue',
      'report',
      'stats',
      'submit-form',
    ].map((name) => own(`workflows/${name}.yml`)),
    ...['deploy-site', 'fetch-pull-request', 'request-community-review'].map((name) =>
      own(`actions/${name}/action.yml`),
    ),
    ...['dispatch', 'git-credential', 'sign-checkpoint', 'site'].map((name) => own(`scripts/${name}.sh`)),
    own('ISSUE_TEMPLATE/submit-plugin.yml'),
    {
      path: '.github/actions/setup-sheaf/action.yml',
      from: 'templates',
      source: 'registry/github/setup-sheaf.yml',
    },
  ],
  gitlab: [
    gitlab('gitlab-ci.yml', '.gitlab-ci.yml'),
    ...['publish', 'review', 'scheduled', 'setup-sheaf'].map((name) => gitlab(`.gitlab/${name}.yml`)),
    ...['git-credential', 'sign-checkpoint', 'site'].map((name) => gitlabScript(`${name}.sh`)),
  ],
};

/** The text of a workflow file, with the one version of sheaf that the registry begins with. */
export function fillWorkflow(text: string, version: string): string {
  return text.replaceAll('sheaf@{version}', `sheaf@${version}`);
}

/** What only a person with rights on the forge can set, one sentence each, in order. */
export const FORGE_SETUP: Readonly<Record<CiSystem, readonly string[]>> = {
  github: [
    'Settings → Environments: make "publish", let only the branch main deploy to it, and give it the secret SHEAF_CHECKPOINT_KEY: the private half of the key that signs checkpoints.',
    'Settings → Pages: choose GitHub Actions as the source; let only main deploy to the environment "github-pages".',
    'Settings → Actions: let workflows open pull requests, and let nobody but maintainers approve runs of first-time contributors.',
    'Settings → Rules: protect main, index and facts against force pushes and deletion; demand reviews for .github and registry/trust, with GitHub Actions on the bypass list, because it merges.',
    'Make the labels that registry/policy/automerge.toml and the issue form name, such as submit-plugin.',
    'Put the address of the site and of the branch index into registry/registry.toml.',
  ],
  gitlab: [
    'Settings → Repository: protect main, index and facts against force pushes; let the access token below push to them.',
    'Settings → Access tokens: make a project token with the scopes api and write_repository, and keep it as the masked, protected variable SHEAF_TOKEN, once for each of the environments facts, site and review.',
    'Settings → CI/CD → Variables: keep the private half of the key that signs checkpoints as the protected variable SHEAF_CHECKPOINT_KEY_FILE of the type file, for the environment publish only; protect that environment.',
    'Build → Pipeline schedules: three on main, with the variable SHEAF_SCHEDULE set to hourly, daily and weekly.',
    'Put the address of the site and of the branch index into registry/registry.toml.',
  ],
};
