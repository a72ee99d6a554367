import { type Answer, created, invalid, NOT_FOUND, ok, refusal } from '../answers.ts';
import { bodyOf, type Call, page, type Route, roleOf } from '../router.ts';
import { assetShape, releaseShape } from '../shapes.ts';
import type { Release } from '../state.ts';

const ALL = 'repos/{owner}/{repo}/releases';

/** Releases and their files. Drafts are seen by those who may write, and by nobody else. */
export const RELEASE_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: ALL,
    needs: ['contents', 'read'],
    answer: (call) =>
      page(
        call,
        visible(call)
          .toReversed()
          .map((one) => shape(call, one)),
      ),
  },
  { method: 'POST', path: ALL, needs: ['contents', 'write'], answer: create },
  {
    method: 'GET',
    path: `${ALL}/tags/{tag+}`,
    needs: ['contents', 'read'],
    answer(call) {
      const release = call.repository.releases.find((one) => !one.draft && one.tag === call.params['tag']);
      return release === undefined ? NOT_FOUND : ok(shape(call, release));
    },
  },
  { method: 'GET', path: `${ALL}/assets/{id}`, needs: ['contents', 'read'], answer: downloadAsset },
  { method: 'DELETE', path: `${ALL}/assets/{id}`, needs: ['contents', 'write'], answer: deleteAsset },
  {
    method: 'GET',
    path: `${ALL}/{id}`,
    needs: ['contents', 'read'],
    answer: (call) => withRelease(call, (release) => ok(shape(call, release))),
  },
  {
    method: 'PATCH',
    path: `${ALL}/{id}`,
    needs: ['contents', 'write'],
    answer: (call) => withRelease(call, (release) => update(release, call)),
  },
  {
    method: 'GET',
    path: `${ALL}/{id}/assets`,
    needs: ['contents', 'read'],
    answer: (call) =>
      withRelease(call, (release) =>
        page(
          call,
          release.assets.map((asset) => assetShape(call.github, call.repository, release, asset)),
        ),
      ),
  },
];

/** The one route of the host for uploads. */
export const UPLOAD_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: `${ALL}/{id}/assets`,
    needs: ['contents', 'write'],
    answer: (call) => withRelease(call, (release) => upload(release, call)),
  },
];

function visible({ repository, token }: Call): readonly Release[] {
  const role = token === undefined ? undefined : roleOf(token, repository);
  const isWriter = role === 'push' || role === 'admin';
  return repository.releases.filter((release) => isWriter || !release.draft);
}

function withRelease(
  call: Call,
  answer: (release: Release) => Answer | Promise<Answer>,
): Answer | Promise<Answer> {
  const release = visible(call).find((one) => one.id === Number(call.params['id']));
  return release === undefined ? NOT_FOUND : answer(release);
}

function shape({ github, repository }: Call, release: Release): Record<string, unknown> {
  return releaseShape(github, repository, release);
}

async function create(call: Call): Promise<Answer> {
  const { repository } = call;
  const { tag_name, target_commitish, name, body, draft, prerelease } = bodyOf(call);
  if (typeof tag_name !== 'string' || tag_name === '') {
    return invalid({ resource: 'Release', code: 'missing_field', field: 'tag_name' });
  }
  // Of drafts there may be many with the same tag.
  const isTaken = repository.releases.some((one) => !one.draft && one.tag === tag_name);
  if (draft !== true && isTaken)
    return invalid({ resource: 'Release', code: 'already_exists', field: 'tag_name' });
  const release: Release = {
    id: call.github.nextId(),
    tag: tag_name,
    name: typeof name === 'string' ? name : '',
    body: typeof body === 'string' ? body : '',
    draft: draft === true,
    prerelease: prerelease === true,
    target: typeof target_commitish === 'string' ? target_commitish : repository.defaultBranch,
    assets: [],
  };
  repository.releases.push(release);
  if (!release.draft) await tagRelease(release, call);
  return created(shape(call, release));
}

async function update(release: Release, call: Call): Promise<Answer> {
  const { draft, name, body, tag_name } = bodyOf(call);
  if (typeof name === 'string') release.name = name;
  if (typeof body === 'string') release.body = body;
  if (typeof tag_name === 'string') release.tag = tag_name;
  if (draft === false && release.draft) {
    const isTaken = call.repository.releases.some((one) => !one.draft && one.tag === release.tag);
    if (isTaken) return invalid({ resource: 'Release', code: 'already_exists', field: 'tag_name' });
    release.draft = false;
    await tagRelease(release, call);
  }
  return ok(shape(call, release));
}

/** A release whose tag is missing gets one at its target when it is published. */
async function tagRelease({ tag, target }: Release, { repository }: Call): Promise<void> {
  if ((await repository.git.resolve(`refs/tags/${tag}`)) !== undefined) return;
  const commit =
    (await repository.git.resolve(`refs/heads/${target}`)) ?? (await repository.git.resolve(target));
  if (commit !== undefined) await repository.git.setRef(`refs/tags/${tag}`, commit);
}

function upload(release: Release, call: Call): Answer {
  const name = call.query.get('name') ?? '';
  if (name === '') return invalid({ resource: 'ReleaseAsset', code: 'missing_field', field: 'name' });
  if (call.bytes.length === 0) return refusal(400, 'Bad Content-Length: 0');
  // Names are kept to letters, digits and a few signs; everything else becomes a dot.
  const plain = name.replaceAll(/[^\w.+@-]+/g, '.');
  if (release.assets.some((asset) => asset.name === plain)) {
    return invalid({ resource: 'ReleaseAsset', code: 'already_exists', field: 'name' });
  }
  const asset = {
    id: call.github.nextId(),
    name: plain,
    bytes: call.bytes,
    contentType: String(call.headers['content-type'] ?? 'application/octet-stream'),
    state: 'uploaded' as const,
    downloads: 0,
  };
  release.assets.push(asset);
  return created(assetShape(call.github, call.repository, release, asset));
}

function downloadAsset(call: Call): Answer {
  const id = Number(call.params['id']);
  const release = visible(call).find((one) => one.assets.some((asset) => asset.id === id));
  const asset = release?.assets.find((one) => one.id === id);
  if (release === undefined || asset === undefined) return NOT_FOUND;
  if (!String(call.headers['accept']).includes('octet-stream')) {
    return ok(assetShape(call.github, call.repository, release, asset));
  }
  const location = call.github.storageAddress(asset);
  return { status: 302, headers: { location } };
}

function deleteAsset({ repository, params }: Call): Answer {
  for (const release of repository.releases) {
    const at = release.assets.findIndex((asset) => asset.id === Number(params['id']));
    if (at === -1) continue;
    release.assets.splice(at, 1);
    return { status: 204 };
  }
  return NOT_FOUND;
}

/** `/OWNER/REPO/releases/download/TAG/NAME`: leads to where the bytes are stored, and counts. */
export function webDownload(call: Call, tag: string, name: string): Answer {
  const release = call.repository.releases.find((one) => !one.draft && one.tag === tag);
  const asset = release?.assets.find((one) => one.name === name && one.state === 'uploaded');
  if (call.repository.private || asset === undefined) return { status: 404, body: Buffer.from('Not Found') };
  asset.downloads += 1;
  return { status: 302, headers: { location: call.github.storageAddress(asset) } };
}
