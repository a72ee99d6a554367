import { SheafError } from '../../core/errors.ts';
import type { PublishRecord } from '../../core/formats/publish-record.ts';
import { LIMITS } from '../../core/limits.ts';
import {
  type PlannedStep,
  type PublishStep,
  planPublication,
  recordOf,
} from '../../core/publishing/plan-publication.ts';
import type { ProposalState } from '../../core/submission-ports.ts';
import { quote } from '../../core/text.ts';
import { type AuthorPlugin, readAuthorPlugin } from '../authors/author-plugin.ts';
import { sourceOf } from '../authors/pack-plugin.ts';
import { publicHalf } from '../trust/signing-key.ts';
import { isReleased } from './already-released.ts';
import { followProposal } from './follow-proposal.ts';
import {
  knownFacts,
  type PublishContext,
  type PublishOptions,
  type PublishPorts,
} from './publish-context.ts';
import { readRecord, rememberSettings, writeRecord } from './publish-folder.ts';
import { type PreviewedFile, previewFiles } from './publish-preview.ts';
import { PERFORM, proposalOf } from './publish-steps.ts';
import { viewRegistry } from './registry-view.ts';
import { requireAcceptable } from './require-acceptable.ts';

/** A publication and where it stands. */
export interface Publication {
  readonly name: string;
  readonly version: string;
  readonly registry: string;
  readonly owner: string;
  /** `planned`: nothing was done; `published`: the registry has the release. */
  readonly state: 'planned' | 'published' | ProposalState['state'];
  /** The plan as it was before. */
  readonly steps: readonly PlannedStep[];
  /** What the change adds to the registry, as far as it is known. */
  readonly files: readonly PreviewedFile[];
  /** Where the artifacts are published; none before they have been packed. */
  readonly artifacts: readonly string[];
  readonly branch?: string;
  readonly url?: string;
  readonly hint?: string;
  readonly checks: ProposalState['checks'];
  readonly failed: ProposalState['failed'];
}

/**
 * Brings a plugin from its author's folder into a registry: one step after the other, each remembered when it has
 * gone well, so that the command can be broken off anywhere and run again. What has become public is never replaced.
 *
 * @throws SheafError what each step refuses with; `SHEAF_OWNER`, `SHEAF_SIGNATURE` and `SHEAF_EXISTS` for what the
 *   registry would refuse; `SHEAF_CANCELLED` when the person does not agree or the change was closed.
 */
export async function publish(ports: PublishPorts, options: PublishOptions): Promise<Publication> {
  const before = await look(ports, options);
  const steps = planPublication(before.record.steps, before.known);
  if (await isReleased(ports, options, before))
    return publicationOf(ports, options, before, steps, 'published');
  if (options.dryRun) return publicationOf(ports, options, before, steps, 'planned');
  await rememberSettings(ports.files, options.path, options.settings);
  const after = await performAll(ports, options, before);
  const state = await followProposal(ports, options, after);
  return publicationOf(ports, options, after, steps, state);
}

async function look(ports: PublishPorts, options: PublishOptions): Promise<PublishContext> {
  const plugin = await readAuthorPlugin(ports.folders, options.path);
  requireNoKey(plugin);
  const { manifest } = plugin;
  const key = await publicHalf(ports.files, options.key);
  const view = await viewRegistry(ports.registry, manifest, { owner: options.owner, key });
  const account = view.isNewOwner ? await ports.transport.account?.() : undefined;
  const remembered = await readRecord(ports.files, options.path, manifest);
  const record = { ...remembered, given: options.given ?? remembered.given };
  const source = view.released === undefined ? await sourceOf(ports, plugin, options) : {};
  const seen = { plugin, view, key, account, source, record };
  return { ...seen, known: await knownFacts(ports, options, seen) };
}

/** Whatever lies in the folder of a native plugin becomes public with it. */
function requireNoKey({ files }: AuthorPlugin): void {
  const key = files.find(({ bytes }) =>
    PRIVATE_KEY.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1')),
  );
  if (key === undefined) return;
  throw new SheafError(
    'SHEAF_POLICY',
    `A private key lies in the folder of the plugin: ${quote(key.path)}.`,
    {
      hint: 'Move it out of the folder before anything of it is packed.',
    },
  );
}

const PRIVATE_KEY = /^-----BEGIN [A-Z ]*PRIVATE KEY-----/;

async function performAll(
  ports: PublishPorts,
  options: PublishOptions,
  from: PublishContext,
): Promise<PublishContext> {
  const attempts = new Map<PublishStep, number>();
  let isPublic = false;
  let context = from;
  for (;;) {
    const next = planPublication(context.record.steps, context.known).find(({ state }) => state === 'next');
    if (next === undefined) return context;
    const { step, because } = next;
    if (options.signal.aborted) throw brokenOff();
    const attempt = (attempts.get(step) ?? 0) + 1;
    // A build that changes what it is made from would begin again and again.
    if (attempt > LIMITS.publishAttempts) throw restless(step);
    attempts.set(step, attempt);
    if (!isPublic && (step === 'host' || step === 'propose')) {
      const proposal = await proposalOf(ports, options.path, context);
      await requireAcceptable(ports, proposal, context.account);
      if (!options.agreed) await requireAgreement(ports, context);
      isPublic = true;
    }
    ports.reporter.note(because === undefined ? `${TITLES[step]}.` : `${TITLES[step]} again: ${because}`);
    try {
      context = await perform(ports, options, context, step);
    } catch (error) {
      // Whatever a step broke off with then, the interrupt is why.
      throw options.signal.aborted ? brokenOff(error) : error;
    }
  }
}

async function perform(
  ports: PublishPorts,
  options: PublishOptions,
  context: PublishContext,
  step: PublishStep,
): Promise<PublishContext> {
  const done = await PERFORM[step](ports, options, context);
  const after = await lookAgain(ports, options, { ...context, record: done });
  const steps = { ...done.steps, [step]: recordOf(step, context.known, after.known) };
  const record: PublishRecord = { ...done, steps };
  await writeRecord(ports.files, options.path, record);
  return { ...after, record };
}

/** The author may go on working while compilers and benchmarks run; the registry is looked at once a run. */
async function lookAgain(
  ports: PublishPorts,
  options: PublishOptions,
  context: PublishContext,
): Promise<PublishContext> {
  const plugin = await readAuthorPlugin(ports.folders, options.path);
  if (plugin.manifest.name !== context.record.name || plugin.manifest.version !== context.record.version) {
    throw new SheafError('SHEAF_STATE', 'The manifest has got another name or version in the meantime.', {
      hint: 'Run the command again.',
    });
  }
  const seen = { ...context, plugin };
  return { ...seen, known: await knownFacts(ports, options, seen) };
}

async function requireAgreement(ports: PublishPorts, { record, view }: PublishContext): Promise<void> {
  const { name, version, artifacts } = record;
  const where = artifacts.map(({ url }) => url).join(', ');
  const question = `Publish ${name} ${version} at ${where} and propose it to ${view.registry}?`;
  if (await ports.prompt.confirm(question, '--yes')) return;
  throw new SheafError('SHEAF_CANCELLED', `${name} ${version} was not published.`, {
    hint: 'It is packed and signed: run the command again to go on from there.',
  });
}

async function publicationOf(
  ports: PublishPorts,
  options: PublishOptions,
  context: PublishContext,
  steps: readonly PlannedStep[],
  found: 'planned' | 'published' | ProposalState,
): Promise<Publication> {
  const { plugin, view, record } = context;
  const proposed = typeof found === 'string' ? undefined : found;
  const url = proposed?.url ?? record.proposal?.url;
  return {
    name: plugin.manifest.name,
    version: plugin.manifest.version,
    registry: view.registry,
    owner: view.owner,
    state: typeof found === 'string' ? found : found.state === 'merged' ? 'published' : found.state,
    steps,
    files: found === 'published' ? [] : await previewFiles(ports, options, context),
    artifacts: record.artifacts.map(({ url }) => url),
    ...(record.proposal === undefined ? {} : { branch: record.proposal.branch }),
    ...(url === undefined ? {} : { url }),
    ...(proposed?.hint === undefined ? {} : { hint: proposed.hint }),
    checks: proposed?.checks ?? 'none',
    failed: proposed?.failed ?? [],
  };
}

const TITLES: Readonly<Record<PublishStep, string>> = {
  build: 'Building',
  check: 'Checking',
  test: 'Testing',
  bench: 'Measuring',
  scan: 'Scanning',
  pack: 'Packing',
  sign: 'Signing',
  host: 'Publishing the artifact',
  propose: 'Proposing the change',
};

function brokenOff(cause?: unknown): SheafError {
  return new SheafError('SHEAF_INTERRUPTED', 'Publishing was interrupted; what was done is remembered.', {
    hint: 'Run the command again to go on.',
    cause,
  });
}

function restless(step: PublishStep): SheafError {
  return new SheafError(
    'SHEAF_STATE',
    `The files of the plugin keep changing: "${step}" had to be done a third time.`,
    {
      hint: 'Let the build write only its output, or files in a folder that begins with a dot.',
    },
  );
}
