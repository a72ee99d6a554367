import { describe, expect, it } from 'vitest';
import { assemble } from '../../../test/support/runner-world.ts';
import { withCustomSection } from '../archives/wasm-section.ts';
import { exampleModule } from '../scanning/wasm-example.ts';
import { carriedSuites, filesInModule, withCarriedFiles } from './carried-files.ts';
import type { PluginFile } from './ports.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const file = (path: string, text = path, kind: PluginFile['kind'] = 'file'): PluginFile => ({
  path,
  kind,
  bytes: encode(text),
});
const testing = { testSuite: 'tests/', benchmarkSuite: 'bench', performanceValidated: false };

describe('the suites of a plugin', () => {
  it('are the cases in the folders that its manifest names', () => {
    const files = ['tests/b.json', 'tests/deep/a.json', 'bench/c.json', 'tests/run.sh', 'testsuite/d.json'];
    const carried = carriedSuites({ testing }, files.map((path) => file(path)).toReversed());
    expect(carried.map(({ path }) => path)).toEqual(['bench/c.json', 'tests/b.json', 'tests/deep/a.json']);
    expect(
      carriedSuites(
        { testing: { performanceValidated: false } },
        files.map((path) => file(path)),
      ),
    ).toEqual([]);
  });

  it('stay behind as a whole when they are too many or too large', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => file(`tests/${index}.json`));
    expect(carriedSuites({ testing }, many(64))).toHaveLength(64);
    expect(carriedSuites({ testing }, many(65))).toEqual([]);
    expect(carriedSuites({ testing }, [file('tests/a.json', 'x'.repeat(262_145))])).toEqual([]);
  });

  it('hold no links, and no path that anybody would have to escape', () => {
    const files = [
      file('tests/link.json', '', 'link'),
      ...['tests/../a.json', 'tests/ä.json', 'tests/.hidden.json', 'tests/a\n.json'].map((path) =>
        file(path),
      ),
    ];
    expect(carriedSuites({ testing }, files)).toEqual([]);
  });
});

describe('a module that carries files', () => {
  it('still compiles, and gives them back', async () => {
    const bare = await assemble(exampleModule());
    const files = [file('tests/a.json', '{}'), file('bench/b.json', '[]')];
    const module = withCarriedFiles(withCustomSection(bare, 'sheaf.plugin.toml', encode('x')), files);
    expect(WebAssembly.validate(Buffer.from(module))).toBe(true);
    expect(filesInModule(module, 'it')).toEqual([file('sheaf.plugin.toml', 'x'), ...files]);
    expect(filesInModule(bare, 'it')).toEqual([]);
  });

  it('gives back neither strange paths nor a second file of a path, nor more than 65 of them', async () => {
    const bare = await assemble(exampleModule());
    const names = [
      'sheaf.file/../../etc/passwd.json',
      'sheaf.file//a.json',
      'sheaf.file/',
      'sheaf.file/sheaf.plugin.toml',
      'name',
    ];
    const strange = names.reduce((module, name) => withCustomSection(module, name, encode('x')), bare);
    expect(filesInModule(strange, 'it')).toEqual([]);
    const twice = withCarriedFiles(bare, [file('tests/a.json', '1'), file('tests/a.json', '2')]);
    expect(filesInModule(twice, 'it')).toEqual([file('tests/a.json', '1')]);
    const many = Array.from({ length: 80 }, (_, index) => file(`tests/${index}.json`));
    expect(filesInModule(withCarriedFiles(bare, many), 'it')).toHaveLength(65);
  });
});
