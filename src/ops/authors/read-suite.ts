import type { Finding } from '../../core/finding.ts';
import { type PluginCase, readCases } from '../../core/formats/plugin-case.ts';
import { type AuthorPlugin, pathOf } from './author-plugin.ts';

/** Cases of a plugin, and what is wrong with their files. */
export interface Suite {
  /** Those of the files without fault. */
  readonly value: readonly PluginCase[];
  readonly findings: readonly Finding[];
}

/** Where the suites lie when the manifest does not say it. */
const FOLDERS = { tests: 'tests/', bench: 'bench/' } as const;

/** The cases in the files `*.json` of a plugin's tests or benchmarks, in the order of their paths. */
export function readSuite(plugin: AuthorPlugin, suite: 'tests' | 'bench'): Suite {
  const { testing } = plugin.manifest;
  const said = suite === 'tests' ? testing.testSuite : testing.benchmarkSuite;
  const folder = `${(said ?? FOLDERS[suite]).replace(/\/+$/, '')}/`;
  const readings = plugin.files
    .filter(({ path, kind }) => kind === 'file' && path.startsWith(folder) && path.endsWith('.json'))
    .map(({ path, bytes }) => readCases(bytes, pathOf(plugin.path, path), { mustExpect: suite === 'tests' }));
  return {
    value: readings.flatMap(({ value }) => value ?? []),
    findings: readings.flatMap(({ findings }) => findings),
  };
}
