import { join } from 'node:path';
import { BareRepository } from './bare-repository.ts';
import { Faults } from './faults.ts';
import {
  type Asset,
  type Check,
  fullName,
  type Issue,
  type Level,
  type Permission,
  type Repository,
  type Review,
  type Role,
  type Token,
  type User,
} from './state.ts';

/** One request that was answered, or cut. */
export interface Said {
  readonly method: string;
  /** From `/api/v3`, with the query; for Git and downloads from the root. */
  readonly path: string;
  /** 0: the connection was cut. */
  readonly status: number;
  readonly body: unknown;
}

/**
 * A GitHub on this machine: what it remembers, and what tests tell it to be. Its answers are in `routes/`, its web
 * server in serve-github.ts. Repositories are real bare Git repositories below `directory`.
 */
export class Github {
  readonly directory: string;
  /** Without a slash at its end, as `GITHUB_SERVER_URL`. */
  readonly url: string;
  readonly users = new Map<string, User>();
  readonly repositories = new Map<string, Repository>();
  readonly tokens = new Map<string, Token>();
  readonly faults = new Faults();
  /** All requests so far. */
  readonly said: Said[] = [];
  /** Requests about a new fork that find nothing, the last two an empty repository: forks are made in the background. */
  forkDelay = 0;
  readonly #moved = new Map<string, Repository>();
  #ids = 1_000;

  constructor(directory: string, url: string) {
    this.directory = directory;
    this.url = url;
  }

  /** As `GITHUB_API_URL`. */
  get api(): string {
    return `${this.url}/api/v3`;
  }

  get uploads(): string {
    return `${this.url}/api/uploads`;
  }

  /** What a workflow, or a person with this server, has in the environment. */
  environment(token?: Token): Record<string, string> {
    return {
      GITHUB_SERVER_URL: this.url,
      GITHUB_API_URL: this.api,
      ...(token === undefined ? {} : { GITHUB_TOKEN: token.value }),
    };
  }

  /** The time that it puts into answers; a test may move it. */
  now: () => string = () => `${new Date().toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length)}Z`;

  nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  createUser(login: string): User {
    const user = this.users.get(login) ?? { id: this.nextId(), login };
    this.users.set(login, user);
    return user;
  }

  /** A repository `owner/name` with a first commit; its owner is created where there is none. */
  async createRepository(
    name: string,
    {
      files = { 'README.md': '# Read me\n' },
      isPrivate = false,
      branch = 'main',
    }: {
      readonly files?: Readonly<Record<string, string | Uint8Array>>;
      readonly isPrivate?: boolean;
      readonly branch?: string;
    } = {},
  ): Promise<Repository> {
    const git = await BareRepository.create(join(this.directory, `${name}.git`), branch);
    if (Object.keys(files).length > 0) await git.commitFiles(branch, files, 'Begin');
    return this.#add(name, {
      git,
      private: isPrivate,
      defaultBranch: branch,
      parent: undefined,
      hiddenFor: 0,
    });
  }

  async fork(parent: Repository, owner: User, name: string = parent.name): Promise<Repository> {
    // A name that the account uses already gets a number, as on GitHub.
    const isTaken = this.find(owner.login, name) !== undefined;
    const path = `${owner.login}/${isTaken ? `${name}-1` : name}`;
    const git = await BareRepository.create(
      join(this.directory, `${path}.git`),
      parent.defaultBranch,
      parent.git,
    );
    return this.#add(path, {
      git,
      private: parent.private,
      defaultBranch: parent.defaultBranch,
      parent,
      hiddenFor: this.forkDelay,
    });
  }

  #add(
    path: string,
    known: Pick<Repository, 'git' | 'private' | 'defaultBranch' | 'parent' | 'hiddenFor'>,
  ): Repository {
    const [login = '', name = ''] = path.split('/');
    const repository: Repository = {
      ...known,
      id: this.nextId(),
      owner: this.createUser(login),
      name,
      roles: new Map(),
      issues: [],
      checks: new Map(),
      releases: [],
      workflows: new Set(),
      dispatches: [],
      archived: false,
    };
    this.repositories.set(path.toLowerCase(), repository);
    return repository;
  }

  find(owner: string, name: string): Repository | undefined {
    return this.repositories.get(`${owner}/${name}`.toLowerCase());
  }

  /** Where a repository of that name went. */
  movedFrom(owner: string, name: string): Repository | undefined {
    return this.#moved.get(`${owner}/${name}`.toLowerCase());
  }

  /** Gives a repository another name; the old one redirects. */
  rename(repository: Repository, name: string): void {
    const old = fullName(repository).toLowerCase();
    this.repositories.delete(old);
    this.#moved.set(old, repository);
    repository.name = name;
    this.repositories.set(fullName(repository).toLowerCase(), repository);
  }

  remove(repository: Repository): void {
    this.repositories.delete(fullName(repository).toLowerCase());
  }

  setRole(repository: Repository, login: string, role: Role): void {
    this.createUser(login);
    repository.roles.set(login, role);
  }

  /** A classic token: all that the account may do, within its scopes. */
  classicToken(login: string, scopes: readonly string[] = ['repo']): Token {
    return this.#token({
      user: this.createUser(login),
      kind: 'classic',
      scopes,
      permissions: {},
      reach: undefined,
    });
  }

  /** A fine-grained token: the repositories of one account, its own unless told otherwise. */
  fineGrainedToken(
    login: string,
    permissions: Readonly<Partial<Record<Permission, Level>>>,
    reach: string = login,
  ): Token {
    return this.#token({
      user: this.createUser(login),
      kind: 'fine-grained',
      scopes: [],
      permissions,
      reach,
    });
  }

  /** The token of a workflow run in a repository. */
  workflowToken(repository: Repository, permissions: Readonly<Partial<Record<Permission, Level>>>): Token {
    const user = this.createUser('github-actions[bot]');
    return this.#token({ user, kind: 'workflow', scopes: [], permissions, reach: fullName(repository) });
  }

  #token(known: Omit<Token, 'value' | 'expired'>): Token {
    const prefix = { classic: 'ghp', 'fine-grained': 'github_pat', workflow: 'ghs' }[known.kind];
    const token: Token = { ...known, value: `${prefix}_${this.nextId()}`, expired: false };
    this.tokens.set(token.value, token);
    return token;
  }

  /** The repository of an account that belongs to the same family of forks. */
  inNetwork(repository: Repository, login: string): Repository | undefined {
    if (repository.owner.login === login) return repository;
    return [...this.repositories.values()].find(
      (one) => one.owner.login === login && (one.parent === repository || one === repository.parent),
    );
  }

  openIssue(
    repository: Repository,
    known: { readonly user: User; readonly title: string; readonly body: string; readonly labels?: string[] },
    pull?: Issue['pull'],
  ): Issue {
    const { user, title, body, labels = [] } = known;
    const issue: Issue = {
      number: repository.issues.length + 1,
      user,
      title,
      body,
      state: 'open',
      createdAt: '2026-01-01T00:00:00Z',
      labels,
      labelEvents: [],
      comments: [],
      pull,
    };
    repository.issues.push(issue);
    return issue;
  }

  /** Opens a pull request; undefined when the branch has nothing new. */
  async openPull(
    repository: Repository,
    known: {
      readonly user: User;
      readonly head: Repository;
      readonly branch: string;
      readonly base?: string;
      readonly title: string;
      readonly body?: string;
      readonly draft?: boolean;
    },
  ): Promise<Issue | undefined> {
    const { head, branch, base = repository.defaultBranch, body = '', draft = false } = known;
    const headSha = (await head.git.resolve(`refs/heads/${branch}`))!;
    const baseSha = (await repository.git.resolve(`refs/heads/${base}`))!;
    if (await head.git.isAncestor(headSha, baseSha)) return undefined;
    const issue = this.openIssue(
      repository,
      { ...known, body },
      {
        base,
        headRepository: head,
        headBranch: branch,
        draft,
        headSha: '',
        baseSha,
        mergedAt: undefined,
        mergeCommit: undefined,
        requested: [],
        reviews: [],
      },
    );
    await this.refreshPull(repository, issue);
    return issue;
  }

  /** Notices what was pushed since: new commits of the head, and that the base has them by now. */
  async refreshPull(repository: Repository, issue: Issue): Promise<void> {
    const { pull } = issue;
    if (pull === undefined || issue.state === 'closed') return;
    const ref = `refs/heads/${pull.headBranch}`;
    const head = await pull.headRepository.git.resolve(ref);
    if (head !== undefined && head !== pull.headSha) {
      pull.headSha = head;
      await repository.git.git([
        'fetch',
        '--quiet',
        pull.headRepository.git.directory,
        `+${ref}:refs/pull/${issue.number}/head`,
      ]);
    }
    const base = (await repository.git.resolve(`refs/heads/${pull.base}`))!;
    if (pull.headSha !== '' && (await repository.git.isAncestor(pull.headSha, base))) {
      issue.state = 'closed';
      pull.mergedAt = '2026-01-02T00:00:00Z';
      pull.mergeCommit = base;
    } else {
      pull.baseSha = base;
    }
  }

  /** Merges an open pull request with a merge commit. */
  async mergePull(repository: Repository, issue: Issue): Promise<void> {
    const pull = issue.pull!;
    await this.refreshPull(repository, issue);
    const { git } = repository;
    const base = (await git.resolve(`refs/heads/${pull.base}`))!;
    const said = await git.git(['merge-tree', '--write-tree', base, pull.headSha]);
    const tree = said.toString().split('\n')[0]!;
    const merge = await git.writeCommit(tree, [base, pull.headSha], `Merge pull request #${issue.number}`);
    await git.setRef(`refs/heads/${pull.base}`, merge);
    await this.refreshPull(repository, issue);
  }

  review(issue: Issue, login: string, state: Review['state'], body = ''): void {
    const pull = issue.pull!;
    const user = this.createUser(login);
    pull.reviews.push({ id: this.nextId(), user, body, state, commit: pull.headSha });
    pull.requested = pull.requested.filter((one) => one !== user);
  }

  setChecks(repository: Repository, commit: string, checks: readonly Check[]): void {
    repository.checks.set(commit, checks);
  }

  /** Where the bytes of a release file lie; another path than the one that people know. */
  storageAddress(asset: Asset): string {
    return `${this.url}/storage/${asset.id}`;
  }

  /** What was asked with a method that changes something, as `POST /repos/…`. */
  changes(): readonly string[] {
    return this.said.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  }
}
