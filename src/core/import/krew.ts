import { requireShim } from '../command-shims.ts';
import { defined } from '../defined.ts';
import { SheafError } from '../errors.ts';
import type { Reading } from '../finding.ts';
import type { Manifest } from '../formats/manifest.ts';
import { licenseProblem } from '../formats/spdx.ts';
import { isPluginName, type PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { isPrerelease } from '../version.ts';
import { cleanLine, cleanText } from './clean-text.ts';
import {
  type Conversion,
  type ConvertedRelease,
  finishConversion,
  isPage,
  shortened,
  startConversion,
  UNSTATED,
} from './conversion.ts';
import { releasePrefix, repositoryOf } from './forge-archive.ts';
import { krewArtifacts } from './krew-artifacts.ts';
import { type KrewManifest, readKrewManifest } from './krew-manifest.ts';
import { versionOfTag } from './tag-version.ts';

/** The table `[metadata.krew]` marks a release that was imported from krew. */
export const KREW_METADATA = 'krew';

/** Annotations of https://artifacthub.io that have a counterpart in a manifest. */
const LICENSE = 'artifacthub.io/license';
const DISPLAY_NAME = 'artifacthub.io/displayName';

/**
 * Converts a manifest of krew's index into a release for a registry.
 *
 * @param file its path, for findings.
 * @param registry id of the registry the release is for.
 * @returns without a value when the plugin cannot be carried over, which the errors among the findings explain;
 *   each warning is something that could not be carried over of a plugin that otherwise was.
 */
export function convertKrew(bytes: Uint8Array, file: string, registry: string): Reading<ConvertedRelease> {
  const { value: krew, findings: faults } = readKrewManifest(bytes, file);
  if (krew === undefined) return { value: undefined, findings: faults };
  const conversion = startConversion((path) => krew.place(path), faults);
  const manifest = manifestOf(krew, registry, conversion);
  return finishConversion(
    manifest,
    manifest?.artifacts.map(({ url }) => releasePrefix(url)) ?? [],
    conversion,
  );
}

function manifestOf(
  krew: KrewManifest,
  registry: string,
  { report }: Conversion,
): (Manifest & { readonly registry: string }) | undefined {
  const { name } = krew;
  const version = versionOfTag(krew.version);
  if (!isPluginName(name))
    report('error', ['metadata', 'name'], 'name', `${quote(name)} is not a plugin name.`);
  if (version === undefined) {
    report('error', ['spec', 'version'], 'version', `${quote(krew.version)} is not a version.`);
  }
  if (!isPluginName(name) || version === undefined) return undefined;
  if (!version.exact) {
    const message = `The version ${quote(krew.version)} became ${version.version}.`;
    report('warning', ['spec', 'version'], 'version', message);
  }
  if (isPrerelease(version.version)) {
    const message = `${version.version} is a pre-release: it is installed only when its version is named.`;
    report('warning', ['spec', 'version'], 'pre-release', message);
  }
  // The name under which kubectl looks for the plugin: a hyphen would separate a command from its subcommand.
  const command = `kubectl-${name.replaceAll('-', '_')}`;
  const { artifacts, program } = krewArtifacts(krew, command, (path, rule, message) =>
    report('warning', path, rule, message),
  );
  if (artifacts.length === 0) {
    report('error', ['spec', 'platforms'], 'no-platform', 'No archive of the plugin can be carried over.');
    return undefined;
  }
  judgeCommand(command, name, program, report);
  return {
    ...UNSTATED,
    ...texts(krew, report),
    name,
    version: version.version,
    security: { tier: 'native', capabilities: [], sandboxRequired: false, level: 'standard' },
    bin: { [command]: program },
    registry,
    artifacts,
  };
}

/** What people read, in the fields that a manifest has for it; the rest goes under `[metadata.krew]`. */
function texts(
  krew: KrewManifest,
  report: Conversion['report'],
): Pick<
  Manifest,
  'description' | 'displayName' | 'homepage' | 'license' | 'metadata' | 'notes' | 'repository'
> {
  const { homepage, annotations } = krew;
  const isLink = homepage !== undefined && isPage(homepage);
  if (homepage !== undefined && !isLink) {
    report('warning', ['spec', 'homepage'], 'homepage', `The home page ${quote(homepage)} is no https URL.`);
  }
  const license = annotations[LICENSE];
  const isLicense = license !== undefined && licenseProblem(license) === undefined;
  const displayName = annotations[DISPLAY_NAME];
  return defined({
    description: cleanLine(
      krew.shortDescription,
      300,
      shortened(report, ['spec', 'shortDescription'], 'The short description'),
    ),
    displayName:
      displayName === undefined
        ? undefined
        : cleanLine(
            displayName,
            80,
            shortened(report, ['metadata', 'annotations', DISPLAY_NAME], 'The display name'),
          ),
    homepage: isLink ? homepage : undefined,
    repository: isLink ? repositoryOf(homepage) : undefined,
    license: isLicense ? license : undefined,
    notes:
      krew.caveats === undefined
        ? undefined
        : cleanText(krew.caveats, shortened(report, ['spec', 'caveats'], 'The text of the caveats')),
    metadata: {
      [KREW_METADATA]: defined({
        version: krew.version,
        // What krew's index does not say, so that nobody takes its absence for an answer.
        unknown: ['author', ...(isLicense ? [] : ['license']), 'size'],
        homepage: isLink ? undefined : homepage,
        description:
          krew.description === undefined
            ? undefined
            : cleanText(krew.description, shortened(report, ['spec', 'description'], 'The description')),
        annotations: Object.keys(annotations).length === 0 ? undefined : { ...annotations },
      }),
    },
  });
}

function judgeCommand(
  command: string,
  name: PluginName,
  program: string,
  report: Conversion['report'],
): void {
  try {
    requireShim(command, name, program);
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    report('error', ['metadata', 'name'], 'command', error.message);
  }
}
