import { type Manifest, writeManifest } from '../formats/manifest.ts';
import type { PluginName } from '../plugin-name.ts';
import { WASM_ABI } from '../runtime/wasm-abi.ts';
import type { Version } from '../version.ts';
import { AUTHOR_MANIFEST } from './author-manifest.ts';
import { type SampleCommand, sampleAnswer, sampleOf } from './sample-command.ts';
import type { TemplateName } from './template-names.ts';
import { COMMON_FILES, fillTemplate, TEMPLATES } from './templates.ts';

/** What a new plugin is to be. */
export interface NewPlugin {
  readonly name: PluginName;
  readonly template: TemplateName;
  readonly category: string;
  readonly author: string;
  /** HTTPS address of its repository. */
  readonly repository?: string;
}

/** Microseconds that the sample may take: process switches count for a native plugin. */
const BUDGET_US = { wasm: 1_000, native: 5_000 } as const;

const FIRST_VERSION = '0.1.0' as Version;

/**
 * The files of a new plugin, by path, in the order in which they are made.
 *
 * @param read gives a file below `examples/`.
 */
export async function newPluginFiles(
  plugin: NewPlugin,
  read: (path: string) => Promise<string>,
): Promise<ReadonlyMap<string, string>> {
  const template = TEMPLATES[plugin.template];
  const sample = sampleOf(plugin.category);
  const blanks = blanksOf(plugin, sample);
  const files = new Map<string, string>();
  files.set(AUTHOR_MANIFEST, new TextDecoder().decode(writeManifest(manifestOf(plugin, sample))));
  files.set(`${plugin.name}.${template.ending}`, fillTemplate(await read(template.source), blanks));
  if (template.sdk !== undefined) files.set(template.sdk.to, await read(template.sdk.from));
  const [first, second] = sample.example;
  const input = { [sample.first]: first, [sample.second]: second };
  const call = { command: sample.command, input };
  const answer = { text: sampleAnswer(sample, first, second) };
  files.set(`tests/${sample.command}.json`, json({ ...call, expect: answer }));
  files.set('tests/needs-its-input.json', json({ ...call, input: {}, error: 'INVALID_INPUT' }));
  files.set(`bench/${sample.command}.json`, json(call));
  for (const [to, from] of Object.entries(COMMON_FILES))
    files.set(to, fillTemplate(await read(from), blanks));
  return files;
}

function manifestOf(
  { name, template, category, author, repository }: NewPlugin,
  sample: SampleCommand,
): Manifest {
  const { tier, memoryMb } = TEMPLATES[template];
  return {
    name,
    version: FIRST_VERSION,
    description: `A plugin that ${sample.does}`,
    authors: [{ name: author }],
    license: 'MIT',
    ...(repository === undefined ? {} : { repository }),
    keywords: [],
    category,
    links: {},
    engines: {},
    performance: { maxQueryTimeUs: BUDGET_US[tier], maxMemoryMb: memoryMb, cpuIntensive: false },
    security: {
      tier,
      capabilities: [],
      sandboxRequired: true,
      level: 'standard',
      ...(tier === 'wasm' ? { abi: WASM_ABI } : {}),
    },
    packages: {},
    dependencies: {},
    requires: tier === 'native' ? { node: '>=20' } : {},
    provides: { languages: sample.executes === true ? [name] : [], commands: [sample.command] },
    bin: {},
    testing: { testSuite: 'tests/', benchmarkSuite: 'bench/', performanceValidated: false },
    metadata: {},
    artifacts: [],
  };
}

function blanksOf(plugin: NewPlugin, sample: SampleCommand): Readonly<Record<string, string>> {
  const { needs, setup, ending } = TEMPLATES[plugin.template];
  return {
    name: plugin.name,
    author: plugin.author,
    category: plugin.category,
    command: sample.command,
    does: sample.does,
    ending,
    needs: needs === undefined ? 'Nothing has to be installed to build it.' : `Building it needs ${needs}.`,
    setup: setup ?? 'true',
    // What JSON escapes is escaped alike in every language of the templates.
    ...Object.fromEntries(
      (['first', 'second', 'before', 'between', 'after'] as const).map((key) => [
        key,
        JSON.stringify(sample[key]),
      ]),
    ),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
