import { SheafError } from '../../core/errors.ts';
import { ANY_PLATFORM, PLATFORMS } from '../../core/platform.ts';
import { type PackOptions, packArtifact } from '../../ops/authors/pack-plugin.ts';
import { connectAuthor } from '../../wiring/author.ts';
import type { Call, Outcome } from '../call.ts';
import { green } from '../render/line.ts';
import { formatBytes } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const path = call.arguments[0] ?? '.';
  const dryRun = call.flag('dry-run');
  const platform = call.value('platform');
  const release = releaseOf(call);
  const packed = await packArtifact(
    { ...connectAuthor(call), reporter: call.reporter },
    {
      path,
      out: call.value('out') ?? (path === '.' ? 'dist' : `${path}/dist`),
      platform: PLATFORMS.find((one) => one === platform) ?? ANY_PLATFORM,
      ...(release === undefined ? {} : { release }),
      dryRun,
    },
  );
  return {
    data: { ...packed, dryRun },
    lines: () => [
      ...packed.toml.trimEnd().split('\n'),
      '',
      [dryRun ? 'Would write' : green('Wrote'), ` ${packed.file} (${formatBytes(packed.artifact.size)})`],
      ...(packed.manifest === undefined
        ? []
        : [[dryRun ? 'Would write' : green('Wrote'), ` ${packed.manifest}`]]),
    ],
  };
}

function releaseOf(call: Call): PackOptions['release'] {
  const [url, registry] = [call.value('release-url'), call.value('registry')];
  if (url !== undefined && registry !== undefined) {
    return { url, registry, allowDirty: call.flag('allow-dirty') };
  }
  if (url === undefined && registry === undefined) return undefined;
  throw new SheafError('SHEAF_USAGE', 'A release manifest needs both --release-url and --registry.', {
    hint: 'The signature over it counts in one registry only, so it names that.',
  });
}
