import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { PluginStarter } from '../../src/core/authoring/ports.ts';
import { sampleAnswer, sampleOf } from '../../src/core/authoring/sample-command.ts';
import { SheafError } from '../../src/core/errors.ts';
import { valueOf } from '../../src/core/finding.ts';
import { readManifest } from '../../src/core/formats/manifest.ts';
import { ANY_PLATFORM } from '../../src/core/platform.ts';
import { type Publication, publish } from '../../src/ops/publishing/publish.ts';
import type { PublishOptions } from '../../src/ops/publishing/publish-context.ts';
import { serveGit } from '../../src/testkit/index.ts';
import { connectAuthor, connectStarter } from '../../src/wiring/author.ts';
import {
  connectHost,
  connectRegistry,
  type HostAddress,
  type RegistryAddress,
} from '../../src/wiring/publishing.ts';
import { createSigningPorts } from '../../src/wiring/signing.ts';
import { buildRunner } from './built-runner.ts';
import { type RealRegistry, realRegistry } from './real-registry.ts';

const run = promisify(execFile);

/** A registry in a Git repository that is reached over HTTP, and the folder of an author. */
export interface PublishWorld {
  readonly registry: RealRegistry;
  /** Address of the repository. */
  readonly to: string;
  /** The bare repository itself. */
  readonly repository: string;
  /** What a mirror of the author's web server serves. */
  readonly www: string;
  /** Folder of the plugin `lens`, in JavaScript. */
  readonly plugin: string;
  /** A key, made when it is first asked for. */
  key(name: string): Promise<string>;
  /** Runs git in the bare repository; what it prints. */
  git(...argv: string[]): Promise<string>;
  /** A file of a branch; undefined when it has none. */
  show(branch: string, path: string): Promise<string | undefined>;
  /** Merges a branch as a maintainer does. */
  merge(branch: string): Promise<void>;
  /** Replaces a piece of a file of the plugin. */
  edit(file: string, from: string, to: string): Promise<void>;
  /** Publishes the plugin as the owner ada, through plain Git and a directory unless said otherwise. */
  publish(how?: PublishHow): Promise<Published>;
}

/** How the plugin is published. */
export interface PublishHow {
  readonly options?: Partial<PublishOptions>;
  readonly address?: Partial<RegistryAddress>;
  readonly host?: HostAddress;
  /** Runs the plugin in the real sandbox, which takes seconds. */
  readonly sandbox?: boolean;
  /** Name of the key; ada when absent. */
  readonly key?: string;
  readonly answer?: boolean;
  /** What happens while the checks of the registry are waited for. */
  readonly onPause?: () => void | Promise<void>;
  /** Told of every step before it is done. */
  readonly onNote?: (note: string) => void;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What came of it, and the steps that were done. */
export interface Published {
  readonly publication: Publication;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Makes it.
 *
 * @param config settings of the bare repository: `receive.advertisePushOptions`.
 */
export async function publishWorld(config: Readonly<Record<string, string>> = {}): Promise<PublishWorld> {
  const registry = await realRegistry();
  const checkout = registry.at('acme');
  const inCheckout = (...argv: string[]) =>
    run('git', ['-c', 'user.name=alice', '-c', 'user.email=alice@acme.example', ...argv], { cwd: checkout });
  await inCheckout('init', '--quiet', '--initial-branch=main');
  await inCheckout('add', '--all');
  await inCheckout('commit', '--quiet', '--message=Begin');
  const repository = registry.at('repositories/acme.git');
  await run('git', ['clone', '--quiet', '--bare', checkout, repository]);
  const git = async (...argv: string[]): Promise<string> =>
    (await run('git', argv, { cwd: repository })).stdout.trim();
  for (const [key, value] of Object.entries(config)) await git('config', key, value);
  const server = await serveGit(registry.at('repositories'), { push: true });
  onTestFinished(() => server.close());
  const plugin = registry.at('lens');
  await registry.does(
    'create',
    'lens',
    '--template',
    'javascript',
    '--dir',
    plugin,
    '--category',
    'visualizers',
    '--author',
    'Ada',
    '--repository',
    'https://git.example.org/ada/lens',
  );
  await mkdir(registry.at('www'));
  const keys = new Map<string, Promise<string>>();
  const world: PublishWorld = {
    registry,
    to: `${server.url}acme.git`,
    repository,
    www: registry.at('www'),
    plugin,
    key(name) {
      const made = keys.get(name) ?? registry.key(name);
      keys.set(name, made);
      return made;
    },
    git,
    show: (branch, path) =>
      git('show', `${branch}:${path}`).then(
        (text) => `${text}\n`,
        () => undefined,
      ),
    async merge(branch) {
      await inCheckout('pull', '--quiet', '--no-rebase', '--no-edit', repository, 'main');
      await inCheckout('pull', '--quiet', '--no-rebase', '--no-edit', repository, branch);
      await inCheckout('push', '--quiet', repository, 'HEAD:main');
    },
    publish: (how = {}) => publishPlugin(world, how),
    async edit(file, from, to) {
      const path = join(plugin, file);
      await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
    },
  };
  return world;
}

/** Answers as the new plugin does, in this process: what sandboxes do to plugins is tested elsewhere. */
function quickStarter(): PluginStarter {
  const sample = sampleOf('visualizers');
  return {
    start: () =>
      Promise.resolve({
        commands: [sample.command],
        execute(_command, input) {
          const { [sample.first]: first, [sample.second]: second } = {
            ...(input as Record<string, unknown>),
          };
          if (typeof first === 'string' && typeof second === 'string') {
            const metrics = { us: 100, wallUs: 100, memoryBytes: 65_536 };
            const output = { text: sampleAnswer(sample, first, second) };
            return Promise.resolve({ output, metrics, isolation: 'process' });
          }
          const details = { code: 'INVALID_INPUT', message: 'No.' };
          return Promise.reject(new SheafError('SHEAF_PLUGIN', 'No.', { details }));
        },
        dispose: () => Promise.resolve(),
      }),
    close: () => Promise.resolve(),
  };
}

async function publishPlugin(
  world: PublishWorld,
  {
    options = {},
    address = {},
    host,
    key = 'ada',
    answer = true,
    sandbox = false,
    onPause = () => {},
    onNote = () => {},
    environment = process.env,
  }: PublishHow,
): Promise<Published> {
  const signal = options.signal ?? new AbortController().signal;
  const surroundings = { environment, signal };
  const author = connectAuthor(surroundings);
  const manifest = valueOf(
    readManifest(await readFile(join(world.plugin, 'sheaf.plugin.toml')), 'sheaf.plugin.toml'),
  );
  const starter = sandbox ? connectStarter(environment, await buildRunner()) : quickStarter();
  const registry = connectRegistry({ to: world.to, transport: 'git', ...address }, surroundings);
  const directory = {
    host: `directory:${world.www}/{version}`,
    releaseUrl: 'https://git.example.org/ada/lens/{version}',
  };
  const hosting = connectHost(host ?? directory, manifest, surroundings);
  const notes: string[] = [];
  const warnings: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
    onNote(text);
  };
  try {
    const publication = await publish(
      {
        ...author,
        ...createSigningPorts({ mayAsk: false }),
        starter,
        reporter: { note, warn: (text) => void warnings.push(text) },
        registry: registry.registry,
        transport: registry.transport,
        host: hosting.host,
        prompt: { confirm: () => Promise.resolve(answer) },
        pause: async () => onPause(),
      },
      {
        path: world.plugin,
        owner: 'ada',
        key: options.key ?? (await world.key(key)),
        platform: ANY_PLATFORM,
        newOwner: { repositories: [] },
        agreed: false,
        settings: {},
        signal,
        allowDirty: false,
        dryRun: false,
        ...options,
      },
    );
    return { publication, notes, warnings };
  } finally {
    await Promise.all([starter.close(), hosting.close(), registry.close()]);
  }
}
