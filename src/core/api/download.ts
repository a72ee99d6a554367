import { SheafError } from '../errors.ts';
import type { Artifact, ReleaseManifest } from '../formats/manifest.ts';
import type { Platform } from '../platform.ts';
import { ANY_PLATFORM, PLATFORMS } from '../platform.ts';
import { quote } from '../text.ts';

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android|iPhone|iPad/, 'none'],
  [/Windows NT|win32/i, 'win32'],
  [/Mac OS X|Macintosh|darwin/i, 'darwin'],
  [/FreeBSD/i, 'freebsd'],
  [/Linux/i, 'linux'],
];

const PROCESSORS: readonly (readonly [RegExp, string])[] = [
  [/aarch64|arm64/i, 'arm64'],
  [/armv[67]/i, 'arm'],
  [/riscv64/i, 'riscv64'],
  [/ppc64/i, 'ppc64'],
  [/s390x/i, 's390x'],
  [/x86_64|x64|amd64|Intel Mac|WOW64/i, 'x64'],
  [/i[3-6]86/, 'ia32'],
];

/**
 * The platform that a download is for: the one that was named, else what the User-Agent (RFC 9110 §10.1.5) tells
 * of the system, else any.
 *
 * @throws SheafError `SHEAF_USAGE` for a platform that there is not.
 */
export function requestedPlatform(named: string | null, userAgent: string | undefined): Platform {
  if (named !== null) {
    if (PLATFORMS.includes(named)) return named;
    throw new SheafError('SHEAF_USAGE', `${quote(named.slice(0, 40))} is not a platform.`, {
      hint: `There is: ${PLATFORMS.join(', ')}.`,
    });
  }
  const agent = (userAgent ?? '').slice(0, 512);
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  const processor = PROCESSORS.find(([pattern]) => pattern.test(agent))?.[1];
  const platform = `${system}-${processor}`;
  return PLATFORMS.includes(platform) ? platform : ANY_PLATFORM;
}

/** The name under which a person saves an artifact: `graph-lens-1.0.0.wasm`, `csv-tools-2.1.0-linux-x64.tar.gz`. */
export function downloadName({ name, version }: ReleaseManifest, artifact: Artifact): string {
  const platform = artifact.platform === ANY_PLATFORM ? '' : `-${artifact.platform}`;
  return `${name}-${version}${platform}${extensionOf(artifact)}`;
}

function extensionOf({ kind, url, platform }: Artifact): string {
  if (kind === 'wasm') return '.wasm';
  if (kind === 'binary') return platform.startsWith('win32-') ? '.exe' : '';
  return /\.(tar\.gz|tgz|zip)(?=$|[?#])/.exec(url)?.[0] ?? '.tar.gz';
}
