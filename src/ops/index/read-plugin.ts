import { sha256 } from '../../core/digest.ts';
import type { Finding, Reading } from '../../core/finding.ts';
import type { AuditFile } from '../../core/formats/audit-file.ts';
import { readAuditFile } from '../../core/formats/audit-file.ts';
import { readReleaseManifest } from '../../core/formats/manifest.ts';
import { readPluginFile } from '../../core/formats/plugin-file.ts';
import type { ReviewFile } from '../../core/formats/review-file.ts';
import { readReviewFile } from '../../core/formats/review-file.ts';
import { isGrant, readStatusEvent } from '../../core/formats/status-event.ts';
import { readTransferFile } from '../../core/formats/transfer-file.ts';
import type { BundleFiles } from '../../core/index/bundle.ts';
import type { PluginContent, ReleaseContent } from '../../core/index/describe-plugin.ts';
import type { SourceEntry } from '../../core/index/source-inventory.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ReadTexts, SourceText } from './registry-tree.ts';

/** What a plugin's files are held against. */
export interface PluginContext {
  /** Reads any of its files. */
  readonly textOf: ReadTexts;
  readonly registry: string;
  hasOwner(owner: string): Promise<boolean>;
}

/**
 * Reads everything a registry says about one plugin: its signed files, its standing, the facts and the reviews.
 * Undefined without an error among the findings when the registry has no such plugin (any more).
 *
 * @param entries all files of the plugin.
 */
export async function readPlugin(
  name: PluginName,
  entries: readonly SourceEntry[],
  context: PluginContext,
): Promise<{ readonly content: PluginContent | undefined; readonly findings: readonly Finding[] }> {
  const findings: Finding[] = [];
  const paths = new Set(entries.map((entry) => entry.path));
  const reader: PluginReader = { name, entries, paths, context, findings };
  const category = categoryOf(reader);
  if (category === undefined) return { content: undefined, findings };
  const plugin = readSigned(reader, `${category.directory}/plugin.toml`, 'plugin.toml', (bytes, file) =>
    readPluginFile(bytes, file, { expected: { name, registry: context.registry } }),
  );
  const releases = readReleases(reader, category.directory);
  const transfers = readTransfers(reader);
  const about = <T extends Subject>(kind: SourceEntry['file']['kind'], read: Reader<T>): readonly T[] =>
    readSubjects(reader, kind, read);
  const events = readEvents(reader);
  const audits = about<AuditFile>('audit', readAuditFile);
  const reviews = about<ReviewFile>('review', readReviewFile);
  if (plugin !== undefined && !(await context.hasOwner(plugin.value.owner))) {
    fault(reader, `${category.directory}/plugin.toml`, 'unknown-owner', {
      message: `The owner ${JSON.stringify(plugin.value.owner)} of ${name} is not known to the registry.`,
      fix: `Add registry/trust/owners/${plugin.value.owner}/1.signers, or correct the owner.`,
    });
  }
  if (plugin === undefined || findings.some((finding) => finding.severity === 'error')) {
    return { content: undefined, findings };
  }
  const signed = { file: plugin.text, signature: plugin.signature };
  return {
    content: {
      category: category.name,
      plugin: plugin.value,
      signed,
      transfers,
      releases,
      events,
      grants: readGrants(reader, events),
      audits,
      reviews,
    },
    findings,
  };
}

interface PluginReader {
  readonly name: PluginName;
  readonly entries: readonly SourceEntry[];
  readonly paths: ReadonlySet<string>;
  readonly context: PluginContext;
  readonly findings: Finding[];
}

type Reader<T> = (bytes: Uint8Array, file: string) => Reading<T>;

/** What a file beside the plugin's own directory says it is about. */
interface Subject {
  readonly registry: string;
  readonly plugin: PluginName;
}

function categoryOf(reader: PluginReader): { readonly name: string; readonly directory: string } | undefined {
  const directories = new Map<string, string>();
  for (const { path, file } of reader.entries) {
    if ('category' in file) directories.set(file.category, path.slice(0, path.lastIndexOf('/')));
  }
  const [first, second] = [...directories].toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (second !== undefined) {
    fault(reader, `${second[1]}/plugin.toml`, 'two-categories', {
      message: `The plugin ${reader.name} lies in two categories, ${first?.[0]} and ${second[0]}.`,
      fix: 'Keep one of the directories; a name has one place in a registry.',
    });
    return undefined;
  }
  if (first !== undefined) return { name: first[0], directory: first[1] };
  for (const { path } of reader.entries) {
    reader.findings.push({
      rule: 'unknown-plugin',
      severity: 'warning',
      place: { file: path },
      message: `${path} is about ${reader.name}, which the registry does not have.`,
      fix: 'Check the name, or remove the file.',
    });
  }
  return undefined;
}

function readReleases(reader: PluginReader, directory: string): readonly ReleaseContent[] {
  const { name, context } = reader;
  const releases: ReleaseContent[] = [];
  const versions = reader.entries.flatMap(({ file }) => (file.kind === 'release' ? [file.version] : []));
  for (const version of versions) {
    const release = readSigned(reader, `${directory}/${version}.toml`, `release ${version}`, (bytes, file) =>
      readReleaseManifest(bytes, file, { expected: { name, version, registry: context.registry } }),
    );
    if (release === undefined) continue;
    const { value: manifest, bytes, text, signature } = release;
    releases.push({ manifest, sha256: sha256(bytes), text, signature });
  }
  for (const { path, file } of reader.entries) {
    if (file.kind !== 'release-signature' || versions.includes(file.version)) continue;
    fault(reader, path, 'stray-signature', {
      message: `${path} signs a release of ${name} that is not there.`,
      fix: `Add ${file.version}.toml, or remove the signature.`,
    });
  }
  if (versions.length === 0) {
    fault(reader, `${directory}/plugin.toml`, 'no-release', {
      message: `The plugin ${name} has no release.`,
      fix: 'Add the first release together with plugin.toml.',
    });
  }
  return releases;
}

/** The transfers with whatever signatures they have; both owners may still be at it. */
function readTransfers(reader: PluginReader): BundleFiles {
  const texts: Record<string, string> = {};
  for (const { path, file } of reader.entries) {
    if (file.kind !== 'transfer' && file.kind !== 'transfer-signature') continue;
    const source = reader.context.textOf(path, reader.findings);
    if (source === undefined) continue;
    texts[path.slice(path.lastIndexOf('/') + 1)] = source.text;
    if (file.kind !== 'transfer') continue;
    const expected = { registry: reader.context.registry, plugin: reader.name, revision: file.revision };
    reader.findings.push(...readTransferFile(source.bytes, path, expected).findings);
  }
  return texts;
}

function readSigned<T>(
  reader: PluginReader,
  path: string,
  what: string,
  read: Reader<T>,
): (SourceText & { readonly value: T; readonly signature: string }) | undefined {
  const { paths } = reader;
  for (const [file, missing] of [
    [path, what],
    [`${path}.sig`, `signature of ${what}`],
  ] as const) {
    if (paths.has(file)) continue;
    fault(reader, file, 'missing-file', {
      message: `The ${missing} of ${reader.name} is missing.`,
      fix: `Add ${file}.`,
    });
  }
  if (!paths.has(path) || !paths.has(`${path}.sig`)) return undefined;
  const source = reader.context.textOf(path, reader.findings);
  const signature = reader.context.textOf(`${path}.sig`, reader.findings);
  if (source === undefined || signature === undefined) return undefined;
  const reading = read(source.bytes, path);
  reader.findings.push(...reading.findings);
  return reading.value === undefined
    ? undefined
    : { ...source, value: reading.value, signature: signature.text };
}

type PlacedEvent = PluginContent['events'][number] & { readonly path: string };

function readEvents(reader: PluginReader): readonly PlacedEvent[] {
  const signed = new Set(
    reader.entries.flatMap(({ file }) => (file.kind === 'status-signature' ? [file.event] : [])),
  );
  const events: PlacedEvent[] = [];
  for (const { path, file } of reader.entries) {
    if (file.kind !== 'status') continue;
    const [event] = readSubject(reader, path, readStatusEvent);
    if (event !== undefined) events.push({ ...event, signed: signed.has(file.event), path });
  }
  return events;
}

/** Grants with their signatures, by path: what clients judge when they want the plugin. */
function readGrants(reader: PluginReader, events: readonly PlacedEvent[]): BundleFiles {
  const grants = events.filter(isGrant).map(({ path }) => path);
  const texts: Record<string, string> = {};
  for (const path of [...reader.paths].toSorted()) {
    if (!grants.some((grant) => path === grant || path.startsWith(`${grant}.`))) continue;
    const source = reader.context.textOf(path, reader.findings);
    if (source !== undefined) texts[path] = source.text;
  }
  return texts;
}

function readSubjects<T extends Subject>(
  reader: PluginReader,
  kind: SourceEntry['file']['kind'],
  read: Reader<T>,
): readonly T[] {
  const values: T[] = [];
  for (const { path, file } of reader.entries) {
    if (file.kind === kind) values.push(...readSubject(reader, path, read));
  }
  return values;
}

function readSubject<T extends Subject>(reader: PluginReader, path: string, read: Reader<T>): readonly T[] {
  const source = reader.context.textOf(path, reader.findings);
  if (source === undefined) return [];
  const { value, findings } = read(source.bytes, path);
  reader.findings.push(...findings);
  if (value === undefined) return [];
  if (value.plugin === reader.name && value.registry === reader.context.registry) return [value];
  fault(reader, path, 'wrong-place', {
    message: `${path} is about ${value.plugin} of registry ${value.registry}, not about ${reader.name} of ${reader.context.registry}.`,
    fix: 'Correct what it says, or move it.',
  });
  return [];
}

function fault(
  reader: PluginReader,
  file: string,
  rule: string,
  text: { readonly message: string; readonly fix: string },
): void {
  reader.findings.push({ rule, severity: 'error', place: { file }, ...text });
}
