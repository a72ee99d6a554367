import { expect, it } from 'vitest';
import { submittedChange } from '../../../test/support/submitted-change.ts';
import type { Advisory } from '../formats/advisory.ts';
import { exampleProgram } from '../scanning/program-example.ts';
import type { ChangeFault } from './change-rule.ts';
import { securityFindings } from './rules/security-findings.ts';

const ADVISORY: Advisory = {
  id: 'PLUG-2026-0001',
  modified: 0,
  aliases: ['MAL-2026-1'],
  affected: [
    {
      package: { ecosystem: 'crates.io', name: 'serde' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }],
    },
  ],
};

async function messages(
  draft: Parameters<typeof submittedChange>[0],
): Promise<readonly ChangeFault['message'][]> {
  const faults = await securityFindings.judge(await submittedChange(draft));
  return faults.map(({ message }) => message);
}

it('holds the packages of a release against the advisories of the registry', async () => {
  expect(await messages({})).toEqual([]);
  expect(await messages({ change: { advisories: [ADVISORY] } })).toEqual([
    expect.stringMatching(
      /"serde" "1\.0" admits versions that PLUG-2026-0001 affects.*\(package-advisory-high\)/,
    ),
  ]);
});

it('holds programs against the platform of their artifact', async () => {
  const native = {
    toml: [['tier = "wasm"', 'tier = "native"']],
    files: { helper: exampleProgram(183) },
  } as const;
  expect(await messages(native)).toEqual([]);
  expect(await messages({ ...native, published: [['platform = "any"', 'platform = "linux-x64"']] })).toEqual([
    expect.stringMatching(/is for linux-arm64; the artifact is for linux-x64.*\(native-format\)/),
  ]);
});
