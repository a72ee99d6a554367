import { SheafError } from '../../core/errors.ts';
import type { ProjectFile, ProposedRegistry } from '../../core/formats/project-file.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { configuredRegistries } from './configured-registries.ts';
import { type RegistryAddPorts, registryAdd } from './registry-add.ts';

/** What deciding on proposals needs. */
type ProposalPorts = RegistryAddPorts & Pick<ClientPorts, 'offline'>;

/**
 * Asks a person for every registry that a project proposes and this user does not know, one after the other: first
 * whether to look at its address, because a cloned project must not make this machine contact anybody, and then,
 * with its keys shown, whether to trust it. A pin in sheaf.toml is the word of whoever wrote the project, so it
 * replaces neither question.
 *
 * Every proposal is decided upon, also one that is not needed: a name that the project means to come from there
 * would else be taken from wherever it is found.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY` with the command that decides, when nobody can be asked or nothing may
 *   be changed; `SHEAF_CANCELLED` when the answer is no; and as `registryAdd`.
 */
export async function decideOnProposals(
  ports: ProposalPorts,
  { registries }: Pick<ProjectFile, 'registries'>,
  { dryRun }: { readonly dryRun: boolean },
): Promise<void> {
  for (const proposal of registries) {
    const known = await configuredRegistries(ports);
    if (known.some(({ id }) => id === proposal.id)) continue;
    if (dryRun || ports.offline) throw undecided(proposal);
    const isFree = known.every(({ alias }) => alias !== proposal.alias);
    await decide(ports, proposal, isFree ? proposal.alias : undefined);
  }
}

async function decide(
  ports: ProposalPorts,
  proposal: ProposedRegistry,
  alias: string | undefined,
): Promise<void> {
  const { id, urls, root } = proposal;
  const [url = ''] = urls;
  const agreed = await ports.prompt
    .confirm(
      `This project proposes registry ${id} at ${quote(url)}. Contact that address and show its keys?`,
      commandFor(proposal),
    )
    .catch((error: unknown) => {
      if (error instanceof SheafError && error.code === 'SHEAF_CANCELLED') throw undecided(proposal);
      throw error;
    });
  if (!agreed) {
    throw new SheafError('SHEAF_CANCELLED', `Registry ${id}, which this project proposes, was not added.`, {
      hint: 'Remove it from sheaf.toml to go on without it.',
    });
  }
  await registryAdd(ports, {
    url,
    ...(alias === undefined ? {} : { alias }),
    ...(root === undefined ? {} : { root }),
    yes: false,
    proposedAs: id,
  });
}

function undecided(proposal: ProposedRegistry): SheafError {
  const { id, urls, root } = proposal;
  return new SheafError(
    'SHEAF_UNKNOWN_REGISTRY',
    `This project proposes registry ${id}, which nobody here has agreed to yet.`,
    {
      hint: `If you trust whoever runs it: ${commandFor(proposal)}.`,
      details: { id, urls, ...(root === undefined ? {} : { root: `sha256:${root}` }) },
    },
  );
}

function commandFor({ urls: [url = ''], root }: ProposedRegistry): string {
  // What stands here is pasted into a shell, and the address is the project's.
  const argument = /^[A-Za-z0-9@%+=:,./_-]+$/.test(url) ? url : `'${url.replaceAll("'", "'\\''")}'`;
  return `sheaf registry add ${argument}${root === undefined ? '' : ` --root sha256:${root}`}`;
}
