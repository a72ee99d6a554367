import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { primaryLimit, secondaryLimit } from '../../../../test/support/github/faults.ts';
import { type ProposingWorld, proposingWorld } from '../../../../test/support/github/proposing-world.ts';
import { SheafError } from '../../../core/errors.ts';
import { parseInstant } from '../../../core/instant.ts';
import { LIMITS } from '../../../core/limits.ts';
import { createOnce } from './client.ts';

let world: ProposingWorld;

beforeEach(async () => {
  world = await proposingWorld();
});

afterEach(() => world.close());

const STUMBLE = { answer: { status: 502, body: Buffer.from('<html>Bad gateway</html>') } };

async function refusalOf(work: Promise<unknown>): Promise<SheafError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SheafError);
  return error as SheafError;
}

describe('a request to GitHub', () => {
  test('says which permission a fine-grained token lacks, and that it reaches no other account', async () => {
    const token = world.github.fineGrainedToken('acme', { contents: 'write' });
    const error = await refusalOf(
      world
        .client(token)
        .change('POST', 'repos/acme/registry/pulls', { title: 'x', head: 'y', base: 'main' }),
    );
    expect(error.code).toBe('SHEAF_AUTHENTICATION');
    expect(error.message).toMatch(
      /^The token of GH_TOKEN lacks the permission pull_requests: write on 127\.0\.0\.1/,
    );
    expect(error.hint).toContain('classic token with the scope public_repo');
    expect(error.details).toMatchObject({ status: 403, permission: 'pull_requests: write' });
  });

  test('says which scope a classic token lacks', async () => {
    const token = world.github.classicToken('acme', ['gist']);
    const error = await refusalOf(
      world.client(token).change('POST', 'repos/acme/registry/git/blobs', { content: 'x' }),
    );
    expect(error.code).toBe('SHEAF_AUTHENTICATION');
    expect(error.message).toMatch(
      /^The token of GH_TOKEN lacks the scope public_repo or repo on 127\.0\.0\.1/,
    );
  });

  test('says what an account without rights gets to see', async () => {
    const error = await refusalOf(
      world.client().change('POST', 'repos/acme/registry/git/blobs', { content: 'x' }),
    );
    expect(error.code).toBe('SHEAF_PATH');
    expect(error.hint).toContain('GitHub hides what it forbids');
  });

  test('says where a workflow grants its token a permission', async () => {
    const token = world.github.workflowToken(world.registry, { issues: 'read' });
    const error = await refusalOf(
      world.client(token).change('POST', 'repos/acme/registry/issues', { title: 'x' }),
    );
    expect(error.message).toContain('lacks the permission issues: write');
    expect(error.hint).toContain('under "permissions" of the workflow');
  });

  test('never shows a token', async () => {
    world.alice.expired = true;
    const error = await refusalOf(world.client().get('user'));
    expect(error.code).toBe('SHEAF_AUTHENTICATION');
    expect(error.message).toMatch(
      /does not accept the token of GH_TOKEN: it is wrong, expired or revoked \(401\)/,
    );
    const shown = JSON.stringify([error.message, error.hint, error.details, String(error.cause)]);
    expect(shown).not.toContain(world.alice.value);
  });

  test.each([
    ['until', primaryLimit(1_900_000_000), '2030-03-17T17:46:40Z'],
    ['without a time', secondaryLimit(403), undefined],
    ['with 429', secondaryLimit(429), undefined],
    ['with an impossible time', primaryLimit(9e15), undefined],
  ] as const)('stops at a rate limit %s', async (_, answer, until) => {
    world.github.faults.plan({}, { answer });
    const error = await refusalOf(world.client().get('user'));
    expect(error.code).toBe('SHEAF_NETWORK');
    expect(error.message).toContain(until ?? 'for some minutes');
    expect(error.details).toMatchObject({ limited: true });
    expect(error.details['until']).toBe(until);
    expect(world.github.said).toHaveLength(1);
  });

  test('counts the seconds of retry-after from now', async () => {
    world.github.faults.plan({}, { answer: secondaryLimit(403, 90) });
    const before = Date.now();
    const error = await refusalOf(world.client().get('user'));
    const until = parseInstant(String(error.details['until']))!;
    expect(until).toBeGreaterThanOrEqual(before + 89_000);
    expect(until).toBeLessThanOrEqual(Date.now() + 90_000);
  });

  test('is made again when it only reads and the server stumbles', async () => {
    world.github.faults.plan({ times: LIMITS.forgeAttempts - 1 }, STUMBLE);
    expect(await world.client().get('user')).toMatchObject({ login: 'alice' });
    expect(world.github.said).toHaveLength(LIMITS.forgeAttempts);
  });

  test('is not made again for ever', async () => {
    world.github.faults.plan({ times: 100 }, STUMBLE);
    const error = await refusalOf(world.client().get('user'));
    expect(error).toMatchObject({ code: 'SHEAF_NETWORK', details: { status: 502 } });
    expect(world.github.said).toHaveLength(LIMITS.forgeAttempts);
  });

  test('waits no longer when the person gives up', async () => {
    world.github.faults.plan({ times: 100 }, STUMBLE);
    const controller = new AbortController();
    const client = world.client(world.alice, { delay: 3_600_000, signal: controller.signal });
    const work = refusalOf(client.get('user'));
    await expect.poll(() => world.github.said.length).toBe(1);
    controller.abort();
    expect((await work).code).toBe('SHEAF_INTERRUPTED');
  });

  test('is never made again by itself when it changes something', async () => {
    world.github.faults.plan({ times: 100 }, STUMBLE);
    await refusalOf(world.client().change('POST', 'repos/acme/registry/issues', { title: 'x' }));
    expect(world.github.said).toHaveLength(1);
  });

  test('follows a repository that was renamed when it reads, and not when it changes', async () => {
    world.github.rename(world.registry, 'plugins');
    expect(await world.client().get('repos/acme/registry')).toMatchObject({ full_name: 'acme/plugins' });
    const error = await refusalOf(
      world.client().change('POST', 'repos/acme/registry/issues', { title: 'x' }),
    );
    expect(error.details).toMatchObject({ status: 307 });
    expect(world.registry.issues).toEqual([]);
  });

  test('tells what GitHub says is wrong', async () => {
    const error = await refusalOf(world.client().change('POST', 'repos/acme/registry/pulls', { head: 'x' }));
    expect(error.message).toContain('Validation Failed: title missing_field');
  });

  test('escapes what GitHub says', async () => {
    const body = { message: 'a\u001b[31mb' };
    world.github.faults.plan({}, { answer: { status: 418, body } });
    const error = await refusalOf(world.client().get('user'));
    expect(error.message).toContain(String.raw`a\u001b[31mb`);
  });

  test('points to the settings where an organization demands single sign-on', async () => {
    const headers = { 'x-github-sso': 'required; url=https://example.org/sso' };
    world.github.faults.plan({}, { answer: { status: 403, body: { message: 'Forbidden' }, headers } });
    const error = await refusalOf(world.client().get('user'));
    expect(error.hint).toContain('Configure SSO');
  });

  test('takes what is not JSON for no answer', async () => {
    world.github.faults.plan({}, { answer: { status: 200, body: Buffer.from('<html>') } });
    const error = await refusalOf(world.client().get('user'));
    expect(error.message).toMatch(/answered with something that is not JSON/);
  });
});

describe('a list of GitHub', () => {
  test('is read to its last page', async () => {
    const { github, registry, alice } = world;
    for (let at = 0; at < 205; at += 1) {
      github.openIssue(registry, { user: alice.user, title: `Issue ${at}`, body: '' });
    }
    expect(await world.client().list('repos/acme/registry/issues?state=all')).toHaveLength(205);
    expect(github.said).toHaveLength(3);
  });

  test('is not followed to another host', async () => {
    const headers = { link: '<https://example.org/next>; rel="next"' };
    world.github.faults.plan({}, { answer: { status: 200, body: [], headers } });
    const error = await refusalOf(world.client().list('repos/acme/registry/issues'));
    expect(error.message).toContain('sends to another host for the next page');
  });

  test('has an end', async () => {
    const headers = { link: `<${world.github.api}/repos/acme/registry/issues?page=2>; rel="next"` };
    world.github.faults.plan({ times: 1_000 }, { answer: { status: 200, body: [], headers } });
    const error = await refusalOf(world.client().list('repos/acme/registry/issues'));
    expect(error.code).toBe('SHEAF_SIZE');
    expect(world.github.said).toHaveLength(LIMITS.forgePages);
  });
});

describe('an upload', () => {
  test('goes nowhere but to the server, whatever an answer says', async () => {
    const error = await refusalOf(world.client().upload('https://example.org/steal', Uint8Array.of(1)));
    expect(error.message).toContain('sends uploads to another host');
  });
});

describe('what is created once', () => {
  const lost = new SheafError('SHEAF_NETWORK', 'Lost.', { details: { status: 502 } });
  const taken = new SheafError('SHEAF_EXISTS', 'Taken.');

  /** Sends with these results one after the other, and looks with those. */
  function scripted<T>(sends: readonly (T | Error)[], looks: readonly (T | undefined)[]): Promise<T> {
    const [sent, looked] = [sends.values(), looks.values()];
    return createOnce(
      async () => {
        const next = sent.next().value;
        if (next instanceof Error) throw next;
        return next as T;
      },
      async () => looked.next().value,
    );
  }

  test.each([
    ['goes well', ['made'], [], 'made'],
    ['was done though the answer is lost', [lost], ['found'], 'found'],
    ['was not done when the answer is lost', [lost, 'made'], [undefined], 'made'],
    ['was done and is not to be seen at once', [lost, taken], [undefined, 'found'], 'found'],
    ['was done by somebody else', [taken], ['found'], 'found'],
  ] as const)('is there when it %s', async (_, sends, looks, result) => {
    expect(await scripted<string>(sends, looks)).toBe(result);
  });

  test.each([
    ['is taken by something else', [taken], [undefined], taken],
    ['is lost twice', [lost, lost], [undefined], lost],
    ['is taken by something else after all', [lost, taken], [undefined, undefined], taken],
  ] as const)('is refused when it %s', async (_, sends, looks, error) => {
    await expect(scripted<string>(sends, looks)).rejects.toBe(error);
  });
});
