import { DAY } from '../../src/core/instant.ts';
import { formatPrivateKey } from '../../src/core/signatures/ssh-key.ts';
import { type RegistrySimulator, temporaryDirectory, testKey } from '../../src/testkit/index.ts';
import type { Github } from './github/github.ts';
import { type ReviewWorld, reviewWorld } from './review-world.ts';
import { runnerOn } from './workflows/on-github.ts';
import { ownWorkflows, type RegistryRuns, registryRuns } from './workflows/registry-runs.ts';
import type { RunnerWorld } from './workflows/runner-world.ts';
import { setupSheaf } from './workflows/serve-repository.ts';

/** A registry on the lifelike GitHub with all of its workflows, and artifacts that can be fetched. */
export interface PipelineWorld extends ReviewWorld, RegistryRuns {
  readonly runner: RunnerWorld;
  /** Called before each job; a test lets happen there what happens while workflows run. */
  beforeJob: (job: string) => Promise<void> | void;
}

/** Makes it. Artifacts that the simulated registry knows are files of a release of `author-hub/tools`. */
export async function pipelineWorld(
  prepare: (registry: RegistrySimulator) => void = () => {},
): Promise<PipelineWorld> {
  const files = await ownWorkflows();
  const world = await reviewWorld((registry) => {
    for (const [path, bytes] of files) registry.source.set(path, bytes);
    registry.rotateRoot({ expires: Date.now() + 365 * DAY });
    const path = 'registry/registry.toml';
    const text = Buffer.from(registry.source.get(path) ?? []).toString();
    const engines = '\n[engines]\nparseltongue = { supported = ">=0.3.0 <2" }\n';
    registry.source.set(path, Buffer.from(`${text}${engines}`));
    prepare(registry);
  }, artifactsAt);
  const { github, repository, registry } = world;
  for (const path of files.keys()) {
    const [, name] = /^\.github\/workflows\/(.*)$/.exec(path) ?? [];
    if (name !== undefined) repository.workflows.add(name);
  }
  await hostArtifacts(github, registry);
  const directory = await temporaryDirectory();
  const secrets = { SHEAF_CHECKPOINT_KEY: Buffer.from(formatPrivateKey(testKey('ci'))).toString() };
  const plain = runnerOn(github, repository, directory.path);
  const runner: RunnerWorld = {
    ...plain,
    secrets: (environment) => (environment === 'publish' ? secrets : {}),
    standIns: { './.github/actions/setup-sheaf': setupSheaf('loopback') },
    async token(permissions, job) {
      await pipeline.beforeJob(job);
      return plain.token(permissions, job);
    },
  };
  const pipeline: PipelineWorld = {
    ...world,
    ...registryRuns(repository, runner),
    runner,
    beforeJob: () => {},
    async submit(work, options) {
      const issue = await world.submit(work, options);
      await hostArtifacts(github, registry);
      return issue;
    },
    async remove() {
      await world.remove();
      await directory.remove();
    },
  };
  return pipeline;
}

function artifactsAt({ url }: Github): string {
  return `${url}/author-hub/tools/releases/download/all/`;
}

/** Puts what is new among the artifacts of the simulated registry on the forge. */
async function hostArtifacts(github: Github, registry: RegistrySimulator): Promise<void> {
  const home = github.find('author-hub', 'tools') ?? (await github.createRepository('author-hub/tools'));
  if (home.releases.length === 0) {
    const about = { tag: 'all', name: '', body: '', draft: false, prerelease: false, target: 'main' };
    home.releases.push({ id: github.nextId(), ...about, assets: [] });
  }
  const { assets } = home.releases[0]!;
  for (const [url, bytes] of registry.artifacts) {
    const name = url.slice(artifactsAt(github).length);
    if (assets.some((asset) => asset.name === name)) continue;
    const about = { contentType: 'application/octet-stream', state: 'uploaded' as const, downloads: 0 };
    assets.push({ id: github.nextId(), name, bytes: Buffer.from(bytes), ...about });
  }
}
