import { resolve } from 'node:path';
import { defined } from '../../core/defined.ts';
import { SheafError } from '../../core/errors.ts';
import type { GivenArtifact } from '../../core/formats/publish-record.ts';
import { parseDuration } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import { ANY_PLATFORM, PLATFORMS } from '../../core/platform.ts';
import { quote } from '../../core/text.ts';
import { readAuthorPlugin } from '../../ops/authors/author-plugin.ts';
import { publish } from '../../ops/publishing/publish.ts';
import { recallSettings } from '../../ops/publishing/publish-folder.ts';
import { connectAuthor, connectStarter } from '../../wiring/author.ts';
import { connectPrompt } from '../../wiring/prompt.ts';
import { connectHost, pauseBetweenLooks } from '../../wiring/publishing.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { registryOf, requiredSetting, settingsOf } from '../publishing-call.ts';
import { publicationLines } from '../render/publication.ts';

export async function run(call: Call): Promise<Outcome> {
  const path = call.arguments[0] ?? '.';
  const dryRun = call.flag('dry-run');
  const given = givenArtifacts(call);
  const author = connectAuthor(call);
  const { manifest } = await readAuthorPlugin(author.folders, path);
  const settings = settingsOf(call, await recallSettings(author.files, path));
  const { owner, githubId, gitlabId, repositories = [], releaseUrl } = settings;
  const registry = registryOf(call, settings);
  const key = requiredSetting(call, settings, 'key');
  const address = { host: requiredSetting(call, settings, 'host'), ...defined({ releaseUrl }) };
  const hosting = connectHost(address, manifest, call);
  const starter = connectStarter(call.environment);
  try {
    const publication = await publish(
      {
        ...author,
        ...createSigningPorts({ mayAsk: !call.global.noInput && !call.global.json, signal: call.signal }),
        starter,
        reporter: call.reporter,
        registry: registry.registry,
        transport: registry.transport,
        host: hosting.host,
        prompt: connectPrompt({ ...call.global, signal: call.signal }),
        pause: pauseBetweenLooks(call.signal),
      },
      {
        path,
        ...defined({ owner }),
        key,
        platform: PLATFORMS.find((one) => one === settings.platform) ?? ANY_PLATFORM,
        ...(given.length === 0 ? {} : { given }),
        allowDirty: call.flag('allow-dirty'),
        newOwner: { repositories, ...defined({ githubId, gitlabId }) },
        agreed: call.global.yes,
        settings,
        signal: call.signal,
        ...(call.flag('follow') ? { followFor: followTime(call) } : {}),
        dryRun,
      },
    );
    return {
      data: { ...publication, dryRun },
      lines: () => publicationLines(publication),
      ...(publication.checks === 'failed' ? { exitStatus: EXIT_STATUS.SHEAF_INVALID_FILE } : {}),
    };
  } finally {
    await Promise.all([starter.close(), hosting.close(), registry.close()]);
  }
}

/** How long the proposal is followed. */
function followTime(call: Call): number {
  return parseDuration(call.value('follow-time') ?? '') ?? LIMITS.followTime;
}

/** `linux-x64=dist/lens-1.0.0-linux-x64.tar.gz`, for each platform. */
function givenArtifacts(call: Call): readonly GivenArtifact[] {
  const given = call.values('artifact').map((text): GivenArtifact => {
    const [name = '', ...rest] = text.split('=');
    const platform = PLATFORMS.find((one) => one === name);
    const file = rest.join('=');
    if (platform !== undefined && file !== '') return { platform, file: resolve(file) };
    throw new SheafError('SHEAF_USAGE', `--artifact cannot be ${quote(text)}.`, {
      hint: `Write PLATFORM=FILE; platforms are ${PLATFORMS.join(', ')}.`,
    });
  });
  if (given.length === 0 || call.value('platform') === undefined) return given;
  throw new SheafError(
    'SHEAF_USAGE',
    '--platform is for what the folder gives, and --artifact replaces that.',
    {
      hint: 'Leave --platform out.',
    },
  );
}
