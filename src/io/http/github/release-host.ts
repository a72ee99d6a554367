import { sha256 } from '../../../core/digest.ts';
import { SheafError } from '../../../core/errors.ts';
import type { ArtifactHost, HostedFile } from '../../../core/submission-ports.ts';
import { quote } from '../../../core/text.ts';
import { isTrueAt, listAt, numberAt, optionalTextAt, textAt } from '../forge-answer.ts';
import { type GithubPlace, webAddress } from './address.ts';
import { createOnce, type GithubClient } from './client.ts';
import { isPassing, statusOf } from './refusals.ts';
import { readRepository } from './repository.ts';

/** The release of a repository that gets the files. */
export interface GithubReleasePlan {
  /** `owner/name`. */
  readonly repository: string;
  /** Its tag; made when it is published, where there is none yet. */
  readonly tag: string;
  /** Commit or branch for a new tag; the default branch when absent. */
  readonly target?: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

interface Release {
  readonly id: number;
  readonly isDraft: boolean;
  readonly uploadUrl: string;
  readonly assets: readonly Asset[];
}

interface Asset {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  /** False for what a broken upload left behind. */
  readonly isWhole: boolean;
}

/**
 * Publishes files with a release on GitHub: they are uploaded to a draft, which only those see who may write, and the
 * draft is published when it has all of them. A draft of an earlier run is gone on with.
 *
 * @throws SheafError `SHEAF_USAGE` for a tag or a repository that has no place in an address.
 */
export function createGithubReleaseHost(client: GithubClient, plan: GithubReleasePlan): ArtifactHost {
  const prefix = releaseAddress({ server: client.server, repository: plan.repository }, plan.tag);
  return {
    name: `release ${plan.tag} of ${plan.repository}`,
    addressOf: (name) => prefix + requirePlain(name),
    async publish(files) {
      for (const { name } of files) requirePlain(name);
      await requireName(client, plan.repository);
      const release = (await findPublished(client, plan)) ?? (await openDraft(client, plan));
      for (const file of files) await bringFile(client, plan, release, file);
      if (release.isDraft) await publishDraft(client, plan, release);
    },
  };
}

/** What the addresses of the files of a release begin with, whether it exists or not. */
export function releaseAddress(place: GithubPlace, tag: string): string {
  if (!/^[\w.+-]{1,200}$/.test(tag)) {
    throw new SheafError('SHEAF_USAGE', `${quote(tag)} is not a tag for a release of a plugin.`, {
      hint: 'Use letters, digits, and the signs . _ + -, as in graph-lens-1.2.0.',
    });
  }
  return `${webAddress(place)}/releases/download/${encodeURIComponent(tag)}/`;
}

/** GitHub would call a file otherwise than it was signed. */
function requirePlain(name: string): string {
  if (/^\w[\w.-]{0,199}$/.test(name)) return name;
  throw new SheafError('SHEAF_USAGE', `${quote(name)} is not a name for a file of a release on GitHub.`, {
    hint: 'Use letters, digits, and the signs . _ -, and begin with a letter or a digit.',
  });
}

/** The address gets signed, and whoever takes the old name of a renamed repository could serve other bytes there. */
async function requireName(client: GithubClient, repository: string): Promise<void> {
  const { name } = await readRepository(client, repository);
  if (name.toLowerCase() === repository.toLowerCase()) return;
  throw new SheafError('SHEAF_USAGE', `${repository} is called ${name} by now.`, {
    hint: `Publish to ${name}, and correct the repository in the manifest.`,
  });
}

async function findPublished(client: GithubClient, plan: GithubReleasePlan): Promise<Release | undefined> {
  const answer = await client.find(`repos/${plan.repository}/releases/tags/${encodeURIComponent(plan.tag)}`);
  return answer === undefined ? undefined : releaseIn(answer);
}

function openDraft(client: GithubClient, plan: GithubReleasePlan): Promise<Release> {
  return findDraft(client, plan).then(
    (draft) =>
      draft ??
      createOnce(
        async () =>
          releaseIn(
            await client.change('POST', `repos/${plan.repository}/releases`, {
              tag_name: plan.tag,
              ...(plan.target === undefined ? {} : { target_commitish: plan.target }),
              name: plan.title,
              body: plan.body,
              draft: true,
            }),
          ),
        () => findDraft(client, plan),
      ),
  );
}

/** Of several drafts with the tag, which GitHub allows, the oldest: every run finds the same. */
async function findDraft(client: GithubClient, plan: GithubReleasePlan): Promise<Release | undefined> {
  return (await client.list(`repos/${plan.repository}/releases`))
    .filter((answer) => isTrueAt(answer, 'draft') && optionalTextAt(answer, 'tag_name') === plan.tag)
    .map(releaseIn)
    .toSorted((a, b) => a.id - b.id)[0];
}

async function bringFile(
  client: GithubClient,
  plan: GithubReleasePlan,
  release: Release,
  file: HostedFile,
): Promise<void> {
  const there = release.assets.find(({ name }) => name === file.name);
  if (there?.isWhole === true) {
    await requireSame(client, plan, there, file);
    return;
  }
  if (there !== undefined) await removeAsset(client, plan, there);
  const url = `${release.uploadUrl.replace(/\{[^}]*\}$/, '')}?name=${encodeURIComponent(file.name)}`;
  const uploaded = await createOnce(
    async () => assetIn(await client.upload(url, file.bytes)),
    () => findAsset(client, plan, release, file.name),
  );
  if (uploaded.name === file.name && uploaded.isWhole) {
    await requireSame(client, plan, uploaded, file);
    return;
  }
  throw new SheafError('SHEAF_NETWORK', `GitHub did not take ${file.name} as it is.`, {
    hint: 'Run the command again; it goes on where it stopped.',
  });
}

/** The file of that name in a release; what a broken upload left is cleared away first. */
async function findAsset(
  client: GithubClient,
  plan: GithubReleasePlan,
  { id }: Release,
  name: string,
): Promise<Asset | undefined> {
  const assets = (await client.list(`repos/${plan.repository}/releases/${id}/assets`)).map(assetIn);
  const found = assets.find((asset) => asset.name === name);
  if (found?.isWhole !== false) return found;
  await removeAsset(client, plan, found);
  return undefined;
}

async function removeAsset(client: GithubClient, plan: GithubReleasePlan, { id }: Asset): Promise<void> {
  const path = `repos/${plan.repository}/releases/assets/${id}`;
  try {
    await client.change('DELETE', path);
  } catch (error) {
    if (statusOf(error) !== 404 && !isPassing(error)) throw error;
  }
}

/** What was published, or laid out to be, is never replaced: its digest may be signed already. */
async function requireSame(
  client: GithubClient,
  plan: GithubReleasePlan,
  { id, size }: Asset,
  file: HostedFile,
): Promise<void> {
  if (size === file.bytes.byteLength) {
    const path = `repos/${plan.repository}/releases/assets/${id}`;
    const bytes = await client.bytes(path, 'application/octet-stream', size);
    if (bytes !== undefined && sha256(bytes) === file.sha256) return;
  }
  throw new SheafError(
    'SHEAF_EXISTS',
    `The release ${plan.tag} of ${plan.repository} has a ${file.name} with other bytes.`,
    {
      hint: 'What was published under a version never changes: raise the version, or, if it is only a draft, delete it on GitHub.',
    },
  );
}

async function publishDraft(client: GithubClient, plan: GithubReleasePlan, { id }: Release): Promise<void> {
  const path = `repos/${plan.repository}/releases/${id}`;
  const send = (): Promise<unknown> => client.change('PATCH', path, { draft: false, tag_name: plan.tag });
  // Publishing twice is publishing once.
  await send().catch((error: unknown) => {
    if (!isPassing(error)) throw error;
    return send();
  });
}

function releaseIn(answer: unknown): Release {
  return {
    id: numberAt(answer, 'id'),
    isDraft: isTrueAt(answer, 'draft'),
    uploadUrl: textAt(answer, 'upload_url'),
    assets: listAt(answer, 'assets').map(assetIn),
  };
}

function assetIn(answer: unknown): Asset {
  return {
    id: numberAt(answer, 'id'),
    name: textAt(answer, 'name'),
    size: numberAt(answer, 'size'),
    isWhole: textAt(answer, 'state') === 'uploaded',
  };
}
