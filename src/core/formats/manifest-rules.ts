import { baseName, type Report } from '../documents/file-reading.ts';
import type { Path } from '../documents/source-text.ts';
import { ANY_PLATFORM, type Platform } from '../platform.ts';
import { quote } from '../text.ts';
import { isVersion, isVersionRange } from '../version.ts';
import { judgeUrl } from '../web-url.ts';
import { type ManifestToml, packageDependencies, pluginDependencies } from './manifest-toml.ts';
import { licenseProblem } from './spdx.ts';

/** What the place of a release says about it; what is left out is not compared. */
export interface ExpectedRelease {
  readonly name?: string;
  readonly version?: string;
  readonly registry?: string;
}

/** Everything that holds for any manifest and that its schema cannot say. */
export function judgeManifest(
  toml: ManifestToml,
  file: string,
  report: Report,
  isPlugin: ((name: string) => boolean) | undefined,
): void {
  judgeVersion(toml, file, report);
  judgeLicense(toml.plugin.license, report);
  judgeUrls(toml, report);
  judgeRanges(toml, report);
  judgeCapabilities(toml, report);
  judgeDependencies(toml, report, isPlugin);
  judgeCommands(toml, report);
  judgePlatforms(toml, report);
  judgeArtifacts(toml, report);
}

/** What a manifest needs to stand in a registry. */
export function judgeRelease(toml: ManifestToml, report: Report, expected: ExpectedRelease): void {
  if (toml.release === undefined) {
    report(
      [],
      'missing-release',
      'The manifest does not say which registry it is released in.',
      'Let "sheaf pack" add [release] with the id of the registry.',
    );
  }
  if (toml.artifact === undefined) {
    report([], 'missing-artifact', 'The manifest has no artifact.', 'Let "sheaf pack" add an [[artifact]].');
  }
  const comparisons: readonly [keyof ExpectedRelease, Path, string | undefined][] = [
    ['name', ['plugin', 'name'], toml.plugin.name],
    ['version', ['plugin', 'version'], toml.plugin.version],
    ['registry', ['release', 'registry'], toml.release?.registry],
  ];
  for (const [what, path, actual] of comparisons) {
    const wanted = expected[what];
    if (wanted === undefined || actual === undefined || actual === wanted) continue;
    report(
      path,
      `${what}-mismatch`,
      `The ${what} is ${quote(actual)}, but ${quote(wanted)} belongs here.`,
      `Move the file to the place of ${quote(actual)}, or write ${quote(wanted)} and sign again.`,
    );
  }
}

function judgeVersion(toml: ManifestToml, file: string, report: Report): void {
  const { version } = toml.plugin;
  if (!isVersion(version)) {
    report(
      ['plugin', 'version'],
      'version',
      `${quote(version)} is not a version.`,
      'Write three numbers below 2^53 with dots between them, such as 1.2.0.',
    );
  }
  const fileVersion = baseName(file).replace(/\.toml$/, '');
  if (isVersion(fileVersion) && fileVersion !== version) {
    report(
      ['plugin', 'version'],
      'version-file-name',
      `The version is ${quote(version)}, but the file is named ${quote(baseName(file))}.`,
      `Name the file ${quote(`${version}.toml`)}, or write version = ${quote(fileVersion)}.`,
    );
  }
}

function judgeLicense(license: string | undefined, report: Report): void {
  const problem = license === undefined ? undefined : licenseProblem(license);
  if (problem === undefined) return;
  report(
    ['plugin', 'license'],
    'license',
    `The licence ${quote(license ?? '')} is no SPDX expression: ${problem.message}.`,
    'Write SPDX ids such as MIT, (MIT OR Apache-2.0), or LicenseRef- and a name of your own.',
  );
}

function judgeUrls(toml: ManifestToml, report: Report): void {
  const { plugin } = toml;
  for (const key of ['repository', 'homepage', 'discussions', 'support', 'purchase'] as const) {
    judgeUrl(report, ['plugin', key], plugin[key]);
  }
  judgeUrl(report, ['source', 'repository'], toml.source?.repository);
  const authors: readonly unknown[] = Array.isArray(plugin.author) ? plugin.author : [plugin.author];
  for (const [index, author] of authors.entries()) {
    const path = Array.isArray(plugin.author)
      ? ['plugin', 'author', index, 'url']
      : ['plugin', 'author', 'url'];
    if (typeof author === 'object') judgeUrl(report, path, (author as { url?: string }).url);
  }
  for (const [index, artifact] of (toml.artifact ?? []).entries()) {
    judgeUrl(report, ['artifact', index, 'url'], artifact.url);
    judgeUrl(report, ['artifact', index, 'attestation'], artifact.attestation);
  }
}

function judgeRanges(toml: ManifestToml, report: Report): void {
  for (const table of ['compatibility', 'requires'] as const) {
    for (const [key, range] of Object.entries(toml[table] ?? {})) judgeRange([table, key], range, report);
  }
  for (const [name, entry] of Object.entries(pluginDependencies(toml))) {
    const path = ['dependencies', 'plugins', name];
    if (typeof entry === 'string') judgeRange(path, entry, report);
    else judgeRange([...path, 'version'], entry.version, report);
  }
}

/** Reports a text that is no range of versions. */
export function judgeRange(path: Path, range: string, report: Report): void {
  if (isVersionRange(range)) return;
  report(
    path,
    'range',
    `${quote(range)} is not a range of versions.`,
    'Write a range such as "^1.2.0", ">=0.3.0 <2" or "*".',
  );
}

function judgeCapabilities(toml: ManifestToml, report: Report): void {
  const seen = new Set<string>();
  for (const [index, entry] of (toml.security?.capabilities ?? []).entries()) {
    const id = typeof entry === 'string' ? entry : entry.id;
    if (seen.has(id)) {
      report(
        ['security', 'capabilities', index],
        'duplicate-capability',
        `The capability ${quote(id)} is requested twice.`,
        'Keep one of the requests.',
      );
    }
    seen.add(id);
  }
}

function judgeDependencies(
  toml: ManifestToml,
  report: Report,
  isPlugin: ((name: string) => boolean) | undefined,
): void {
  if (Object.hasOwn(pluginDependencies(toml), toml.plugin.name)) {
    report(
      ['dependencies', 'plugins', toml.plugin.name],
      'self-dependency',
      'The plugin depends on itself.',
      'Remove the entry.',
    );
  }
  for (const [name] of packageDependencies(toml)) {
    if (isPlugin?.(name) !== true) continue;
    report(
      ['dependencies', name],
      'flat-dependency',
      `${quote(name)} is a plugin of this registry, but [dependencies] lists packages, which are not installed.`,
      `Write it under [dependencies.plugins] if the plugin is meant.`,
      'warning',
    );
  }
}

function judgeCommands(toml: ManifestToml, report: Report): void {
  const seen = new Map<string, string>();
  for (const name of Object.keys(toml.bin ?? {})) {
    // Two names that differ only in case are one file where file systems fold case.
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      report(
        ['bin', name],
        'duplicate-command',
        `The commands ${quote(other)} and ${quote(name)} are the same on some systems.`,
        'Rename one of them.',
      );
    }
    seen.set(name.toLowerCase(), name);
  }
}

function judgePlatforms(toml: ManifestToml, report: Report): void {
  const platforms: Platform[] = [];
  for (const [index, { platform }] of (toml.artifact ?? []).entries()) {
    const other = platforms.find(
      (earlier) => earlier === platform || earlier === ANY_PLATFORM || platform === ANY_PLATFORM,
    );
    if (other !== undefined) {
      report(
        ['artifact', index, 'platform'],
        'platform-overlap',
        `The platform ${quote(platform)} overlaps with ${quote(other)} of an earlier artifact.`,
        'Keep one artifact for each platform; "any" stands alone.',
      );
    }
    platforms.push(platform);
  }
}

function judgeArtifacts(toml: ManifestToml, report: Report): void {
  for (const [index, artifact] of (toml.artifact ?? []).entries()) {
    const isArchive = artifact.kind === 'archive' || artifact.kind === 'source';
    for (const key of ['entry', 'files'] as const) {
      if (isArchive || artifact[key] === undefined) continue;
      report(
        ['artifact', index, key],
        'not-an-archive',
        `${key} names files inside an archive, but the artifact is a ${artifact.kind} file.`,
        `Remove ${key}, or write kind = "archive".`,
      );
    }
    if (artifact.kind === 'source' && toml.build === undefined) {
      report(
        ['artifact', index, 'kind'],
        'missing-build',
        'The artifact is source, but the manifest does not say how to build it.',
        'Add [build] with command and output.',
      );
    }
    if (artifact.kind === 'source' && artifact.entry !== undefined) {
      report(
        ['artifact', index, 'entry'],
        'source-entry',
        'The artifact is source, and what it becomes is the file to load.',
        'Remove entry: [build] output names it.',
      );
    }
    if (artifact.kind === 'binary' && (toml.security?.tier ?? 'wasm') === 'wasm') {
      report(
        ['artifact', index, 'kind'],
        'artifact-tier',
        'The artifact is a native executable, but the manifest asks for the tier "wasm".',
        'Write tier = "native" under [security].',
      );
    }
    const targets = (artifact.files ?? []).map((file) => file.to.toLowerCase());
    const twice = targets.findIndex((target, position) => targets.indexOf(target) < position);
    if (twice !== -1) {
      report(
        ['artifact', index, 'files', twice, 'to'],
        'duplicate-file',
        `Two files of the archive would become ${quote(artifact.files?.[twice]?.to ?? '')}.`,
        'Give each its own name.',
      );
    }
  }
}
