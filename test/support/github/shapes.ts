import type { Github } from './github.ts';
import { roleOf } from './router.ts';
import {
  type Asset,
  type Comment,
  fullName,
  type Issue,
  type Release,
  type Repository,
  type Review,
  type Token,
  type User,
} from './state.ts';

/** The JSON of GitHub's REST API, as far as anybody here reads it. */

export function userShape(github: Github, user: User): Record<string, unknown> {
  return {
    login: user.login,
    id: user.id,
    type: user.login.endsWith('[bot]') ? 'Bot' : 'User',
    url: `${github.api}/users/${user.login}`,
    html_url: `${github.url}/${user.login}`,
    site_admin: false,
  };
}

export function repositoryShape(
  github: Github,
  one: Repository,
  token: Token | undefined,
): Record<string, unknown> {
  const role = token === undefined ? undefined : roleOf(token, one);
  return {
    id: one.id,
    name: one.name,
    full_name: fullName(one),
    private: one.private,
    owner: userShape(github, one.owner),
    html_url: `${github.url}/${fullName(one)}`,
    url: `${github.api}/repos/${fullName(one)}`,
    clone_url: `${github.url}/${fullName(one)}.git`,
    fork: one.parent !== undefined,
    default_branch: one.defaultBranch,
    archived: one.archived,
    disabled: false,
    allow_forking: true,
    ...(role === undefined
      ? {}
      : {
          permissions: {
            admin: role === 'admin',
            maintain: role === 'admin',
            push: role === 'admin' || role === 'push',
            triage: role !== 'read',
            pull: true,
          },
        }),
    ...(one.parent === undefined
      ? {}
      : {
          parent: repositoryShape(github, one.parent, undefined),
          source: repositoryShape(github, sourceOf(one.parent), undefined),
        }),
  };
}

function sourceOf(repository: Repository): Repository {
  return repository.parent === undefined ? repository : sourceOf(repository.parent);
}

export function issueShape(github: Github, repository: Repository, issue: Issue): Record<string, unknown> {
  const web = `${github.url}/${fullName(repository)}`;
  const kind = issue.pull === undefined ? 'issues' : 'pull';
  return {
    id: repository.id * 100_000 + issue.number,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    user: userShape(github, issue.user),
    author_association: issue.user.login === repository.owner.login ? 'OWNER' : 'NONE',
    labels: issue.labels.map(labelShape),
    comments: issue.comments.length,
    created_at: issue.createdAt,
    url: `${github.api}/repos/${fullName(repository)}/issues/${issue.number}`,
    html_url: `${web}/${kind}/${issue.number}`,
    ...(issue.pull === undefined ? {} : { pull_request: { html_url: `${web}/pull/${issue.number}` } }),
  };
}

export function labelShape(name: string): Record<string, unknown> {
  return { id: name.length, name, color: 'ededed', default: false, description: null };
}

/** A pull request; the single form tells more than the one in lists. */
export function pullShape(
  github: Github,
  repository: Repository,
  issue: Issue,
  single: { readonly changedFiles: number; readonly mergeable: boolean } | undefined,
): Record<string, unknown> {
  const pull = issue.pull!;
  const base = fullName(repository);
  const side = (one: Repository, ref: string, sha: string): Record<string, unknown> => ({
    label: `${one.owner.login}:${ref}`,
    ref,
    sha,
    user: userShape(github, one.owner),
    repo: repositoryShape(github, one, undefined),
  });
  return {
    ...issueShape(github, repository, issue),
    url: `${github.api}/repos/${base}/pulls/${issue.number}`,
    draft: pull.draft,
    head: side(pull.headRepository, pull.headBranch, pull.headSha),
    base: side(repository, pull.base, pull.baseSha),
    merged_at: pull.mergedAt ?? null,
    merge_commit_sha: pull.mergeCommit ?? null,
    requested_reviewers: pull.requested.map((user) => userShape(github, user)),
    requested_teams: [],
    ...(single === undefined
      ? {}
      : {
          merged: pull.mergedAt !== undefined,
          mergeable: single.mergeable,
          mergeable_state: single.mergeable ? 'clean' : 'dirty',
          changed_files: single.changedFiles,
          maintainer_can_modify: true,
        }),
  };
}

export function commentShape(
  github: Github,
  repository: Repository,
  comment: Comment,
): Record<string, unknown> {
  return {
    id: comment.id,
    body: comment.body,
    user: userShape(github, comment.user),
    url: `${github.api}/repos/${fullName(repository)}/issues/comments/${comment.id}`,
    html_url: `${github.url}/${fullName(repository)}/issues#issuecomment-${comment.id}`,
  };
}

export function reviewShape(github: Github, review: Review): Record<string, unknown> {
  return {
    id: review.id,
    user: userShape(github, review.user),
    body: review.body,
    state: review.state,
    commit_id: review.commit,
    submitted_at: '2026-01-01T00:00:00Z',
  };
}

export function releaseShape(
  github: Github,
  repository: Repository,
  release: Release,
): Record<string, unknown> {
  const base = `${github.api}/repos/${fullName(repository)}/releases/${release.id}`;
  return {
    id: release.id,
    url: base,
    assets_url: `${base}/assets`,
    upload_url: `${github.uploads}/repos/${fullName(repository)}/releases/${release.id}/assets{?name,label}`,
    html_url: `${github.url}/${fullName(repository)}/releases/tag/${release.draft ? `untagged-${release.id}` : release.tag}`,
    tag_name: release.tag,
    target_commitish: release.target,
    name: release.name,
    body: release.body,
    draft: release.draft,
    prerelease: release.prerelease,
    published_at: release.draft ? null : '2026-01-01T00:00:00Z',
    assets: release.assets.map((asset) => assetShape(github, repository, release, asset)),
  };
}

export function assetShape(
  github: Github,
  repository: Repository,
  release: Release,
  asset: Asset,
): Record<string, unknown> {
  // Until it is published the address of a draft has a tag of its own.
  const tag = release.draft ? `untagged-${release.id}` : release.tag;
  return {
    id: asset.id,
    name: asset.name,
    label: '',
    state: asset.state,
    size: asset.bytes.length,
    content_type: asset.contentType,
    download_count: asset.downloads,
    url: `${github.api}/repos/${fullName(repository)}/releases/assets/${asset.id}`,
    browser_download_url: `${github.url}/${fullName(repository)}/releases/download/${tag}/${encodeURIComponent(asset.name)}`,
  };
}
