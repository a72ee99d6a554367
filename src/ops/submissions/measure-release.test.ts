import { expect, it } from 'vitest';
import { submittedChange } from '../../../test/support/submitted-change.ts';
import type { MalwareScanner } from '../../core/authoring/ports.ts';
import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { MeasuredRelease } from '../../core/formats/measurement-file.ts';
import { type MeasuringPorts, measureRelease } from './measure-release.ts';

/** Measures a release for a platform that this is not, so that it is scanned and nothing of it is run. */
async function scanned(antivirus?: MalwareScanner): Promise<MeasuredRelease> {
  const { registry, plugins } = await submittedChange({
    published: [['platform = "any"', 'platform = "freebsd-arm64"']],
  });
  const [plugin] = plugins;
  const [release] = plugin!.releases;
  const ports = {
    examine: async () => release!.artifacts[0]!,
    platform: 'linux-x64',
    reporter: { note: () => {} },
    ...(antivirus === undefined ? {} : { antivirus }),
  } as unknown as MeasuringPorts;
  const added = {
    path: release!.path,
    category: plugin!.category,
    bytes: release!.bytes,
    manifest: release!.manifest,
    sha256: sha256(release!.bytes),
    published: [],
  };
  return measureRelease(ports, added, { registry, advisories: [], before: undefined });
}

it('does not pass a release in which an antivirus program finds malware', async () => {
  expect((await scanned()).scan).toMatchObject({ passed: true, findings: [] });
  const { scan } = await scanned({
    scan: async () => ({ program: 'Example 1', hits: [{ path: 'README.md', signature: 'Bad.Thing' }] }),
  });
  expect(scan).toMatchObject({
    passed: false,
    findings: [{ rule: 'malware', severity: 'critical', place: 'README.md' }],
  });
});

it('fails as a whole when the antivirus program does: that says nothing about the release', async () => {
  const failing = scanned({
    scan: async () => {
      throw new SheafError('SHEAF_TOOL', 'ClamAV could not scan the files.');
    },
  });
  await expect(failing).rejects.toMatchObject({ code: 'SHEAF_TOOL' });
});
