import { describe, expect, it } from 'vitest';
import type { PluginFile, PluginToStart } from '../../core/authoring/ports.ts';
import { createNamedFiles } from '../../io/named-files.ts';
import { benchPlugin } from './bench-plugin.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A plugin of one version, as the folder of that name. */
function folder(version: string, cases: string, budget: string): readonly PluginFile[] {
  const toml = `[plugin]\nname = "specimen"\nversion = "${version}"\ndescription = "x"\n[performance]\n${budget}\n[provides]\ncommands = ["run"]\n`;
  return [
    { path: 'bench/first.json', kind: 'file', bytes: encode(cases) },
    { path: 'sheaf.plugin.toml', kind: 'file', bytes: encode(toml) },
    { path: 'specimen.js', kind: 'file', bytes: encode('export const run = () => 1;') },
  ];
}

/** Plugins whose calls take what a function of their version and their process says. */
async function bench(
  us: (version: string, process: number, call: number) => number,
  options: { readonly against?: boolean; readonly cases?: string; readonly budget?: string } = {},
) {
  const { cases = '{"command": "run", "input": 1}', budget = 'max_query_time_us = 1000' } = options;
  const started: string[] = [];
  const disposed: string[] = [];
  const ports = {
    folders: {
      read: (path: string) => Promise.resolve(folder(path, cases, budget)),
      layOut: () => Promise.reject(new Error('No program is started here.')),
      nextChange: () => Promise.resolve(),
    },
    files: createNamedFiles(),
    reporter: { note: () => {} },
    starter: {
      start({ manifest: { version } }: PluginToStart) {
        const process = started.push(version);
        let call = 0;
        return Promise.resolve({
          commands: ['run'],
          execute: () => {
            const metrics = { us: us(version, process, call++), wallUs: 0, memoryBytes: 65_536 };
            return Promise.resolve({ output: 1, metrics, isolation: 'process' as const });
          },
          dispose: () => {
            disposed.push(version);
            return Promise.resolve();
          },
        });
      },
      close: () => Promise.resolve(),
    },
  };
  const against = options.against === true ? { against: '1.0.0' } : {};
  const benched = await benchPlugin(ports, { path: '1.1.0', ...against });
  expect(disposed.toSorted()).toEqual(started.toSorted());
  return { benched, started };
}

describe('a plugin alone', () => {
  it.each([
    ['within', true, () => 400],
    ['over', false, () => 1_400],
    ['slow-tail', true, (_: string, __: number, call: number) => (call % 10 === 0 ? 4_000 : 400)],
  ] as const)('is %s its budget', async (verdict, passed, us) => {
    const { benched } = await bench(us);
    expect(benched).toMatchObject({
      budgetUs: 1_000,
      passed,
      results: [{ name: 'first', verdict, memoryBytes: 65_536 }],
    });
  });

  it('has no verdict without a budget', async () => {
    const { benched } = await bench(() => 1e6, { budget: '' });
    expect(benched).toMatchObject({ passed: true, results: [{ verdict: 'unstated' }] });
  });

  it('needs something to measure', async () => {
    await expect(bench(() => 1, { cases: '[]' })).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    await expect(bench(() => 1, { cases: '{}' })).rejects.toMatchObject({ code: 'SHEAF_INVALID_FILE' });
  });
});

describe('a plugin against the version before', () => {
  const SIDES = ['1.0.0', '1.1.0', '1.0.0'];

  it('is not slower when fresh processes say so again', async () => {
    const { benched, started } = await bench(() => 200, { against: true });
    expect(benched).toMatchObject({
      against: '1.0.0',
      passed: true,
      results: [{ comparison: { verdict: 'not-slower', ratio: 1 } }],
    });
    expect(started).toEqual(['1.1.0', ...SIDES, ...SIDES]);
  });

  it('is slower only when fresh processes say so again', async () => {
    const slower = await bench((version) => (version === '1.1.0' ? 250 : 200), { against: true });
    expect(slower.benched).toMatchObject({
      passed: false,
      results: [{ comparison: { verdict: 'slower', ratio: 1.25 } }],
    });
    expect(slower.started).toEqual(['1.1.0', ...SIDES, ...SIDES]);
    const once = await bench((version, process) => (version === '1.1.0' && process < 5 ? 250 : 200), {
      against: true,
    });
    expect(once.benched).toMatchObject({
      passed: true,
      results: [{ comparison: { verdict: 'not-slower' } }],
    });
    expect(once.started).toEqual(['1.1.0', ...SIDES, ...SIDES, ...SIDES]);
  });

  it('is not judged on a machine that cannot tell the version before from itself', async () => {
    const { benched } = await bench((version, process) => (version === '1.1.0' ? 900 : 200 + 20 * process), {
      against: true,
    });
    expect(benched).toMatchObject({ passed: true, results: [{ comparison: { verdict: 'inconclusive' } }] });
  });

  it('is not judged when fresh processes say something else each time', async () => {
    const { benched, started } = await bench(
      (version, process) => {
        if (process > 7) return 200;
        if (process > 4) return version === '1.1.0' ? 900 : 100 * process;
        return version === '1.1.0' ? 250 : 200;
      },
      { against: true },
    );
    expect(benched).toMatchObject({ passed: true, results: [{ comparison: { verdict: 'inconclusive' } }] });
    expect(started).toEqual(['1.1.0', ...SIDES, ...SIDES, ...SIDES]);
  });

  it('is measured on while it cannot be told, and no longer', async () => {
    let after = 0;
    const counted = (us: (version: string, process: number, call: number) => number) => {
      after = 0;
      return bench(
        (version, process, call) => {
          if (version === '1.1.0' && process !== 1) after += 1;
          return us(version, process, call);
        },
        { against: true },
      );
    };
    await counted(() => 200);
    const once = after;
    const unsteady = await counted((version, process) => (version === '1.1.0' ? 200 : 180 + 20 * process));
    expect(unsteady.benched).toMatchObject({ results: [{ comparison: { verdict: 'inconclusive' } }] });
    expect(after).toBeGreaterThan(2 * once);
  });

  it('is not slower by less than 5 µs, however sure that is', async () => {
    const { benched } = await bench((version) => (version === '1.1.0' ? 14 : 10), { against: true });
    expect(benched).toMatchObject({
      passed: true,
      results: [{ comparison: { verdict: 'not-slower', ratio: 1.4 } }],
    });
  });
});
