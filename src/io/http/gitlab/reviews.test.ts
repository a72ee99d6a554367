import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type MergeRequest,
  type ServedGitlab,
  serveGitlab,
} from '../../../../test/support/gitlab/serve-gitlab.ts';
import type { ForgeReviews } from '../../../core/review-ports.ts';
import { createHttp } from '../http.ts';
import { createGitlabClient } from './client.ts';
import { createGitlabReviews } from './reviews.ts';

const SHA = 'a'.repeat(40);
const MARKER = '<!-- mark ';

async function world(): Promise<{ gitlab: ServedGitlab; reviews: ForgeReviews; request: MergeRequest }> {
  const gitlab = await serveGitlab();
  const bot = gitlab.createUser('bot');
  gitlab.tokens.set('secret', bot);
  const http = createHttp({ offline: false, environment: {} });
  onTestFinished(async () => {
    await http.close();
    await gitlab.close();
  });
  const client = createGitlabClient(http, `${gitlab.api}/`, { GITLAB_TOKEN: 'secret' });
  const request = gitlab.open(gitlab.createUser('author'), SHA);
  return { gitlab, reviews: createGitlabReviews(client, 'acme%2Fplugins'), request };
}

describe('merge requests of GitLab', () => {
  it('are read with all that decides about them, page by page', async () => {
    const { gitlab, reviews, request } = await world();
    for (let more = 0; more < 4; more += 1) gitlab.open(gitlab.users[0]!, SHA);
    expect((await reviews.openChanges()).map(({ number, isOwn }) => [number, isOwn])).toEqual([
      [1, false],
      [2, true],
      [3, true],
      [4, true],
      [5, true],
    ]);
    expect(await reviews.change(1)).toEqual({
      number: 1,
      url: 'https://git.example.org/acme/plugins/-/merge_requests/1',
      into: 'main',
      head: SHA,
      ref: 'refs/merge-requests/1/head',
      state: 'open',
      isDraft: false,
      isOwn: false,
      opened: Date.UTC(2026, 10, 20, 10),
      author: { id: request.author.id, login: 'author' },
      labels: [],
    });
    request.state = 'merged';
    expect((await reviews.change(1))?.state).toBe('merged');
    expect(await reviews.change(9)).toBeUndefined();
  });

  it('have one comment of ours, which no comment of others and no system note is taken for', async () => {
    const { gitlab, reviews, request } = await world();
    const [bot, author] = gitlab.users;
    const at = '2026-11-20T10:00:00.000Z';
    request.notes.push({ id: 1, author: author!, body: `${MARKER}forged`, system: false, created_at: at });
    request.notes.push({ id: 2, author: bot!, body: `${MARKER}system`, system: true, created_at: at });
    request.notes.push({ id: 3, author: bot!, body: `quotes ${MARKER}`, system: false, created_at: at });
    expect(await reviews.ownComment(1, MARKER)).toBeUndefined();
    const { id } = await reviews.comment(1, `${MARKER}ours`);
    expect(await reviews.ownComment(1, MARKER)).toEqual({ id, body: `${MARKER}ours` });
    await reviews.editComment(1, id, `${MARKER}changed`);
    expect((await reviews.ownComment(1, MARKER))?.body).toBe(`${MARKER}changed`);
  });

  it('have approvals and objections with the time that GitLab itself wrote down', async () => {
    const { gitlab, reviews, request } = await world();
    const [dana, erin, frank] = ['dana', 'erin', 'frank'].map((name) => gitlab.createUser(name));
    gitlab.approve(request, dana!);
    const at = '2026-11-21T10:00:00.000Z';
    const forged = { body: 'approved this merge request', system: false, created_at: at };
    request.notes.push({ id: 1, author: erin!, ...forged });
    request.reviewers.push(
      { user: frank!, state: 'requested_changes' },
      { user: erin!, state: 'unreviewed' },
    );
    request.notes.push({ id: 2, author: frank!, body: 'requested changes', system: true, created_at: at });
    expect(await reviews.reviews(1)).toEqual([
      { account: { id: dana!.id, login: 'dana' }, verdict: 'approve', date: Date.UTC(2026, 10, 20, 10) },
      { account: { id: frank!.id, login: 'frank' }, verdict: 'reject', date: Date.UTC(2026, 10, 21, 10) },
    ]);
    expect((await reviews.requested(1)).map(({ login }) => login)).toEqual(['erin']);
    request.approved_by.length = 0;
    expect((await reviews.reviews(1)).map(({ verdict }) => verdict)).toEqual(['reject']);
  });

  it('have labels, and whether a maintainer set them', async () => {
    const { gitlab, reviews, request } = await world();
    const [dana, erin] = ['dana', 'erin'].map((name) => gitlab.createUser(name));
    gitlab.members.set(dana!.id, 40).set(erin!.id, 30);
    for (const [user, label] of [
      [dana!, 'waive:a'],
      [erin!, 'waive:b'],
      [dana!, 'waive:c'],
    ] as const) {
      request.label_events.push({ user, action: 'add', label });
    }
    request.label_events.push({ user: erin!, action: 'remove', label: 'waive:c' });
    expect((await reviews.labels(1)).map(({ name, byMaintainer }) => [name, byMaintainer])).toEqual([
      ['waive:a', true],
      ['waive:b', false],
    ]);
    await reviews.addLabel(1, 'waiting');
    await reviews.addLabel(1, 'blocked');
    await reviews.removeLabel(1, 'waiting');
    expect((await reviews.change(1))?.labels).toEqual(['blocked']);
  });

  it('are sent to reviewers besides those who are asked already', async () => {
    const { gitlab, reviews, request } = await world();
    const [dana, erin] = ['dana', 'erin'].map((name) => gitlab.createUser(name));
    request.reviewers.push({ user: dana!, state: 'unreviewed' });
    expect(await reviews.request(1, ['erin', 'nobody'])).toEqual(['erin']);
    expect(request.reviewers.map(({ user }) => user)).toEqual([dana, erin]);
    expect(await reviews.request(1, ['nobody'])).toEqual([]);
  });

  it('start a pipeline with what it is to do', async () => {
    const { gitlab, reviews } = await world();
    await reviews.dispatch('audit', 'main', { commit: SHA });
    expect(gitlab.pipelines).toEqual([
      {
        ref: 'main',
        variables: [
          { key: 'SHEAF_WORKFLOW', value: 'audit' },
          { key: 'commit', value: SHA },
        ],
      },
    ]);
  });

  it('are refused without a token that counts', async () => {
    const { gitlab } = await world();
    const http = createHttp({ offline: false, environment: {} });
    onTestFinished(() => http.close());
    const client = createGitlabClient(http, `${gitlab.api}/`, { GITLAB_TOKEN: 'other' });
    const asking = createGitlabReviews(client, 'acme%2Fplugins').openChanges();
    await expect(asking).rejects.toMatchObject({
      code: 'SHEAF_AUTHENTICATION',
      hint: expect.stringContaining('GITLAB_TOKEN') as string,
    });
  });
});
