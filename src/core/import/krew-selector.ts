import { ANY_PLATFORM, PLATFORMS, type Platform } from '../platform.ts';
import type { KrewPlatform, LabelRequirement } from './krew-manifest.ts';

/** Operating systems and processors of Node.js in the words of Go (GOOS and GOARCH), where they differ. */
const GO_NAMES: Readonly<Record<string, string>> = {
  win32: 'windows',
  x64: 'amd64',
  ia32: '386',
  // Node.js has one name for both byte orders; the Linux that it is built for is little-endian.
  ppc64: 'ppc64le',
};

/** The platforms that one archive of a krew manifest serves. */
export interface ServedPlatforms {
  /** Position in the manifest. */
  readonly index: number;
  readonly platforms: readonly Platform[];
}

/**
 * Which of sheaf's platforms each archive serves: as in krew, a machine takes the first one whose selector
 * matches. An archive may serve none: it is for a machine that sheaf does not know, or an earlier one hides it.
 */
export function servedPlatforms(archives: readonly KrewPlatform[]): readonly ServedPlatforms[] {
  const machines = PLATFORMS.filter((platform) => platform !== ANY_PLATFORM);
  const firstMatch = new Map(
    machines.map((platform) => [platform, archives.findIndex((archive) => matches(archive, platform))]),
  );
  return archives.map((_, index) => ({
    index,
    platforms: machines.filter((platform) => firstMatch.get(platform) === index),
  }));
}

/** The platforms that the selector of an archive matches, whatever comes before it in the manifest. */
export function matchingPlatforms(archive: KrewPlatform): readonly Platform[] {
  return PLATFORMS.filter((platform) => platform !== ANY_PLATFORM && matches(archive, platform));
}

/** `os=linux arch=amd64`, for messages. */
export function selectorText({ requirements }: KrewPlatform): string {
  if (requirements.length === 0) return 'every machine';
  return requirements
    .map(({ key, operator, values }) =>
      operator === 'In' ? `${key}=${values.join('|')}` : [key, operator, ...values].join(' '),
    )
    .join(' ');
}

function matches({ requirements }: KrewPlatform, platform: Platform): boolean {
  const [os = '', cpu = ''] = platform.split('-');
  const labels = new Map([
    ['os', GO_NAMES[os] ?? os],
    ['arch', GO_NAMES[cpu] ?? cpu],
  ]);
  return requirements.every((requirement) => holds(requirement, labels.get(requirement.key)));
}

/** Label selectors of Kubernetes: NotIn also holds for a label that is not there. */
function holds({ operator, values }: LabelRequirement, label: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return label !== undefined && values.includes(label);
    case 'NotIn':
      return label === undefined || !values.includes(label);
    case 'Exists':
      return label !== undefined;
    case 'DoesNotExist':
      return label === undefined;
    default:
      return operator satisfies never;
  }
}
