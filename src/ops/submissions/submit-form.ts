import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { readOwnerFile } from '../../core/formats/owner-file.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import type { ForgeAccount, ForgeReviews, ReleaseFiles } from '../../core/review-ports.ts';
import type { ChangeTransport } from '../../core/submission-ports.ts';
import { readSubmissionForm } from '../../core/submissions/submission-form.ts';
import { placeSubmittedFiles, submittedBytes } from '../../core/submissions/submitted-files.ts';
import { escapeMarkdown, quote } from '../../core/text.ts';
import { findPlugin } from '../publishing/registry-view.ts';
import { registryIdOf } from '../trust/checkout.ts';

/** What turning an issue into a pull request needs. */
export interface FormPorts {
  readonly tree: ReadableTree;
  readonly forge: Pick<ForgeReviews, 'comment'>;
  readonly releases: ReleaseFiles;
  readonly transport: Pick<ChangeTransport, 'propose'>;
  /** `owner/name` of what somebody wrote as a repository; undefined when the forge has none like that. */
  readonly repositoryOf: (text: string) => string | undefined;
}

/** The issue of a form. */
export interface FormIssue {
  readonly number: number;
  readonly author: ForgeAccount;
  readonly body: string;
}

/** A release for which a pull request is open. */
export interface ProposedRelease {
  readonly plugin: PluginName;
  readonly version: string;
  readonly url: string;
  /** Of the pull request. */
  readonly number: number;
}

/** What became of it. */
export type SubmittedForm =
  | ({ readonly state: 'proposed' } & ProposedRelease)
  /** What the author was told. */
  | { readonly state: 'refused'; readonly because: string };

/**
 * Opens the pull request that somebody asks for by an issue form: reads the release of a tag on the forge as data, puts
 * its files to their places and proposes them. Signatures decide all else, later. Every refusal is one comment.
 *
 * @throws SheafError for what is not the author's fault: `SHEAF_NETWORK`, `SHEAF_AUTHENTICATION`, `SHEAF_PATH`.
 */
export async function submitForm(ports: FormPorts, issue: FormIssue): Promise<SubmittedForm> {
  const registry = await registryIdOf(ports);
  try {
    const proposed = await propose(ports, issue, registry);
    await ports.forge.comment(issue.number, `Proposed as ${proposed.url}. It goes on there.\n`);
    return { state: 'proposed', ...proposed };
  } catch (error) {
    if (!(error instanceof SheafError && AUTHORS_FAULTS.has(error.code))) throw error;
    await ports.forge.comment(issue.number, `${escapeMarkdown(error.message)}\n`);
    return { state: 'refused', because: error.message };
  }
}

const AUTHORS_FAULTS: ReadonlySet<string> = new Set([
  'SHEAF_INVALID_FILE',
  'SHEAF_SIZE',
  'SHEAF_EXISTS',
  'SHEAF_CANCELLED',
  'SHEAF_OWNER',
]);

async function propose(
  ports: FormPorts,
  { number, author, body }: FormIssue,
  registry: string,
): Promise<ProposedRelease> {
  const { plugin, repository: written, tag } = readSubmissionForm(body);
  const repository = ports.repositoryOf(written);
  if (repository === undefined) {
    throw new SheafError('SHEAF_INVALID_FILE', `${quote(written)} is no repository on this forge.`);
  }
  const assets = await ports.releases.read(repository, tag, submittedBytes);
  if (assets === undefined) {
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      `${repository} has no published release of the tag ${quote(tag)}.`,
    );
  }
  const there = await findPlugin(ports.tree, plugin);
  const known = there && { category: there.category, owner: there.plugin.owner };
  const submitted = placeSubmittedFiles(assets, plugin, registry, known);
  await requireAccount(ports.tree, submitted, author);
  for (const path of submitted.files.keys()) {
    if ((await ports.tree.read(path)) === undefined) continue;
    throw new SheafError('SHEAF_EXISTS', `The registry has ${path} already.`);
  }
  const { version, files } = submitted;
  const { url = '' } = await ports.transport.propose({
    branch: `form/${number}-${plugin}-${version}`,
    title: `${plugin} ${version}`,
    body: `Submitted by #${number} from the release \`${tag}\` of \`${repository}\`.\n\nCloses #${number}.\n`,
    files,
  });
  return { plugin, version, url, number: Number(/\d+$/.exec(url)?.[0] ?? 0) };
}

/**
 * The pull request will be of the workflow's account, so the account of whoever asks is compared here: nobody submits
 * what others have signed, and nobody is written down as somebody else.
 */
async function requireAccount(
  tree: FormPorts['tree'],
  { owner, isNewOwner, githubId }: ReturnType<typeof placeSubmittedFiles>,
  author: ForgeAccount,
): Promise<void> {
  const path = sourcePath({ kind: 'owner', owner });
  const bytes = await tree.read(path);
  if (!isNewOwner && bytes === undefined) {
    throw new SheafError(
      'SHEAF_OWNER',
      `The registry has no owner ${owner}, and the release brings no "owner.toml".`,
    );
  }
  const account = bytes === undefined ? githubId : valueOf(readOwnerFile(bytes, path)).githubId;
  if (account === author.id || (account === undefined && bytes !== undefined)) return;
  throw new SheafError(
    'SHEAF_OWNER',
    `${quote(author.login)} has the account number ${author.id}, and owner.toml of ${owner} says ${account ?? 'none'}.`,
  );
}
