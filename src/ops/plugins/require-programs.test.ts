import { expect, it } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import type { ReleaseManifest } from '../../core/formats/manifest.ts';
import { pluginName } from '../../core/plugin-name.ts';
import type { SourceBuilder } from '../../core/ports.ts';
import { recordingReporter } from '../../testkit/index.ts';
import { requireIsolatedBuilds, requirePrograms } from './require-programs.ts';

/** A machine with these programs, by the version that each says it has. */
function machine(versions: Readonly<Record<string, string | undefined>>, whyNotBetter?: string) {
  const builder: SourceBuilder = {
    isolation: async () =>
      whyNotBetter === undefined ? { level: 'os' } : { level: 'process', whyNotBetter },
    versionOf: async (program) => versions[program],
    build: () => Promise.reject(new Error('Nothing is built here.')),
  };
  const find = async (name: string) => (Object.hasOwn(versions, name) ? `/usr/bin/${name}` : undefined);
  return { programs: { find }, builder, reporter: recordingReporter(), platform: 'linux-x64' as const };
}

const requiring = (requires: Readonly<Record<string, string>>, kind: 'source' | 'wasm' = 'wasm') =>
  ({
    name: pluginName('lens'),
    requires,
    artifacts: [{ kind, platform: 'any', url: 'https://example.org/lens', sha256: sha256(new Uint8Array()) }],
  }) as unknown as ReleaseManifest;

it.each([
  ['1.95.0', '>=1.70'],
  ['12.2', '>=12 <13'],
  [undefined, '*'],
])('accepts a program that says %s where %s is needed', async (version, range) => {
  const here = machine({ rustc: version });
  await requirePrograms(here, [requiring({ rustc: range })]);
  expect(here.reporter.warnings).toEqual([]);
});

it.each([
  ['is not there', {}, 'lens needs the program rustc, which is not on PATH.'],
  ['is too old', { rustc: '1.63.0' }, 'lens needs rustc >=1.70, and this is 1.63.0.'],
])('refuses when a program %s', async (_what, versions, message) => {
  const refused = requirePrograms(machine(versions), [requiring({ rustc: '>=1.70' })]);
  await expect(refused).rejects.toMatchObject({ code: 'SHEAF_REQUIREMENT', message });
});

it('says so where a version cannot be told', async () => {
  const here = machine({ rustc: undefined });
  await requirePrograms(here, [requiring({ rustc: '>=1.70' })]);
  expect(here.reporter.warnings).toEqual(['lens needs rustc >=1.70; which version is here cannot be told.']);
});

it('refuses to build where builds cannot be isolated, with the reason and the way to do it all the same', async () => {
  const here = machine({}, 'bubblewrap needs Linux, this is darwin');
  await expect(requireIsolatedBuilds(here, [requiring({}, 'source')], false)).rejects.toMatchObject({
    code: 'SHEAF_ISOLATION',
    message:
      'lens is built from source, and this machine cannot isolate that: bubblewrap needs Linux, this is darwin.',
    hint: 'If you trust its author with all your rights, add --allow-unisolated-build.',
  });
});

it('builds there when the person says so, with a warning, and needs no word for what is built already', async () => {
  const here = machine({}, 'there is no bubblewrap');
  await requireIsolatedBuilds(here, [requiring({}, 'source')], true);
  expect(here.reporter.warnings).toEqual([
    'lens is built from source with all your rights: there is no bubblewrap.',
  ]);
  await requireIsolatedBuilds(here, [requiring({})], false);
  await requireIsolatedBuilds(machine({}), [requiring({}, 'source')], false);
});
