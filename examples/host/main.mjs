// A small application that has plugins: it looks at the modules of sheaf itself. See README.md beside this file.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHost, openRegistry } from '../../dist/index.js';
import { ImportGraph } from './import-graph.mjs';
import { publishReferenceRegistry } from './reference-registry.mjs';

/** What the application looks at, and the module that its questions are about. */
const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));
const FOCUS = 'core/digest.ts';

/** How often a call is tried that was ended for taking too long. */
const ATTEMPTS = 3;

const hasRust = spawnSync('rustc', ['--version']).status === 0;
const PLUGINS = [
  'graph-engine',
  'focus-context',
  'mermaid-diagram',
  'mermaid-svg',
  'ci-annotations',
  ...(hasRust ? ['rust-executor'] : []),
];

const [url, root] = process.argv.slice(2);
const directory = await mkdtemp(join(tmpdir(), 'sheaf-host-'));
const registry = url === undefined ? await publishReferenceRegistry(directory, PLUGINS) : { url, root };
try {
  const project = join(directory, 'application');
  await mkdir(project);
  await install(project);
  await use(project);
} finally {
  await registry.close?.();
  await rm(directory, { recursive: true, force: true });
}

/** Everything of the application's plugins lies in its own directory, and nothing in those of its user. */
function environmentOf(project) {
  return { ...process.env, SHEAF_HOME: join(project, 'sheaf') };
}

/** The application trusts one registry, by the digest of its root, and says yes where a person would be asked. */
async function install(project) {
  await writeFile(
    join(project, 'sheaf.toml'),
    `[registries.reference]\nid = "sheaf-example-plugins"\nurl = "${registry.url}"\nroot = "${registry.root}"\n`,
  );
  const plugins = openRegistry({
    project,
    environment: environmentOf(project),
    confirm: async () => true,
  });
  await plugins.install(PLUGINS, { acceptCapabilities: true });
  chapter('Installed');
  for (const { name, version, tier, capabilities } of (await plugins.list()).plugins) {
    console.log(`${name} ${version}, ${tier} tier, may use: ${capabilities.join(', ') || 'nothing'}`);
  }
}

async function use(project) {
  const host = await openHost({
    project,
    environment: environmentOf(project),
    engines: { parseltongue: '0.4.0' },
    core: [
      { name: 'import-graph', commands: ['scan'], config: { directory: SOURCES }, plugin: new ImportGraph() },
    ],
    capabilities: {
      'read-graph': {
        risk: 'low',
        description: "Read the application's graph: nodes with their texts, and edges",
        functions: { load: async () => (await host.execute('import-graph', 'scan')).output },
      },
    },
  });
  const costs = [];
  host.on('metric', ({ plugin, command, metrics }) => costs.push({ plugin, command, ...metrics }));
  try {
    await ask(host);
    await execute(host);
    await annotate(host);
    report(host, costs);
  } finally {
    await host.close();
  }
}

/**
 * A call that takes too long costs the plugin its process, and the next one starts it again. On a machine that has no
 * time, that is nobody's fault and worth another try.
 */
async function call(host, plugin, command, input) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await host.execute(plugin, command, input);
    } catch (error) {
      if (error.code !== 'SHEAF_TIMEOUT' || attempt === ATTEMPTS) throw error;
    }
  }
}

/** A question, an answer for a language model, and a picture: each the work of another plugin. */
async function ask(host) {
  chapter(`Who would notice a change of ${FOCUS}`);
  const { output: users, isolation } = await call(host, 'graph-engine', 'reach', {
    node: FOCUS,
    direction: 'in',
    hops: 1,
    limit: 5,
  });
  console.log(`${users.total} modules import it, among them ${users.nodes.join(', ')}`);
  console.log(`(answered by graph-engine, isolation "${isolation}")`);

  chapter('What a language model should know about it, in 200 tokens');
  const { output: context } = await call(host, 'focus-context', 'context', {
    focus: FOCUS,
    budget: 200,
    hops: 1,
  });
  console.log(context.text.trim());

  chapter('A way through the modules, drawn');
  const { output: way } = await call(host, 'graph-engine', 'path', { from: 'index.ts', to: FOCUS });
  const edges = way.nodes.slice(1).map((to, index) => ({ from: way.nodes[index], to }));
  const { output: chart } = await call(host, 'mermaid-diagram', 'flowchart', { graph: { edges } });
  console.log(chart.text.trim());
  const { output: picture } = await call(host, 'mermaid-svg', 'draw', { mermaid: chart.text });
  console.log(`an SVG picture of ${picture.width} × ${picture.height}, ${picture.svg.length} characters`);
}

/** Code in whatever languages are installed; JavaScript always is. */
async function execute(host) {
  chapter(`Languages: ${host.supportedLanguages().join(', ')}`);
  const { output: graph } = await host.execute('import-graph', 'scan');
  const script = '(input.edges.length / input.nodes.length).toFixed(1)';
  const javascript = await host
    .getExecutor('javascript')
    .execute({ input: graph }, 'javascript', script)
    .then(({ output }) => output);
  console.log(`JavaScript: a module imports ${javascript} others on average`);
  if (!host.supportedLanguages().includes('rust')) {
    console.log('Rust: not installed, because this machine has no rustc');
    return;
  }
  const program = `println!("{} modules", ${graph.nodes.length}u32);`;
  await reportFailure(async () => {
    const { output, isolation } = await host.getExecutor('rust').execute({}, 'rust', program);
    console.log(`Rust: ${output.stdout.trim()} (isolation "${isolation}")`);
  });
}

/** A plugin of the native tier runs only where the operating system can hold it; elsewhere the host says why not. */
async function annotate(host) {
  chapter('For a CI system');
  await reportFailure(async () => {
    const finding = {
      rule: 'focus',
      severity: 'warning',
      message: 'Much depends on this.',
      place: { file: FOCUS },
    };
    const { output } = await host.execute('ci-annotations', 'annotate', { findings: [finding] });
    console.log(output.text.trim());
  });
}

async function reportFailure(work) {
  try {
    await work();
  } catch (error) {
    console.log(`${error.code}: ${error.message}`);
  }
}

function report(host, costs) {
  chapter('What it cost');
  for (const { plugin, command, us, wallUs, memoryBytes } of costs) {
    const memory = memoryBytes === 0 ? '' : `, ${(memoryBytes / 1_048_576).toFixed(1)} MiB`;
    console.log(`${`${plugin} ${command}`.padEnd(30)} ${us} µs inside, ${wallUs} µs in all${memory}`);
  }
  const { calls, failures, overBudget } = host.stats;
  console.log(`${calls} calls, ${failures} failed, ${overBudget} over their budget`);
}

function chapter(title) {
  console.log(`\n# ${title}`);
}
