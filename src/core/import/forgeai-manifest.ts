import type { Path, SourceDocument } from '../documents/source-text.ts';
import type { Finding, Reading } from '../finding.ts';
import { MappingReader } from './mapping-reader.ts';
import { parseYaml } from './yaml-document.ts';

/** A `plugin.yaml` of ForgeAI as its author wrote it; every value is text. */
export interface ForgeaiManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly texts: Readonly<Partial<Record<ForgeaiText, string>>>;
  readonly languages: readonly string[];
  readonly keywords: readonly string[];
  /** Commands, and plugins in the form `name@range`. */
  readonly dependencies: readonly string[];
  /** Engine to the lowest and highest version that it says it works with. */
  readonly engines: Readonly<Record<string, EngineBounds>>;
  place(path: Path): Finding['place'];
}

/** The keys that may be absent. */
export type ForgeaiText = (typeof TEXTS)[number];

/** The versions of an engine, both inclusive. */
export interface EngineBounds {
  readonly minimum?: string;
  readonly maximum?: string;
}

const TEXTS = [
  'author',
  'license',
  'homepage',
  'repository',
  'security_level',
  'container_image',
  'download_url',
  'file_hash',
  'signature',
] as const;
const LISTS = ['supported_languages', 'keywords', 'dependencies'] as const;
const BOUND = /^(minimum|maximum)_([a-z][a-z0-9]*(?:_[a-z0-9]+)*)_version$/;

/** Reads a `plugin.yaml`. A key that has no meaning here earns a warning: its author meant something by it. */
export function readForgeaiManifest(bytes: Uint8Array, file: string): Reading<ForgeaiManifest> {
  const { value: document, findings: faults } = parseYaml(bytes, file);
  if (document === undefined) return { value: undefined, findings: faults };
  const findings: Finding[] = [];
  const manifest = readManifest(document, new MappingReader(document, findings, [], document.value));
  const isRefused = findings.some(({ severity }) => severity === 'error');
  return isRefused ? { value: undefined, findings } : { value: manifest, findings };
}

function readManifest(document: SourceDocument, reader: MappingReader): ForgeaiManifest {
  const bounds = Object.keys(document.value).filter((key) => BOUND.test(key));
  const engines: Record<string, EngineBounds> = Object.create(null);
  for (const key of bounds) {
    const [, bound = '', engine = ''] = BOUND.exec(key) ?? [];
    const version = reader.optionalText(key);
    if (version !== undefined) engines[engine] = { ...engines[engine], [bound]: version };
  }
  const texts = TEXTS.flatMap((key) => {
    const text = reader.optionalText(key);
    return text === undefined ? [] : [[key, text] as const];
  });
  reader.onlyKeys('name', 'version', 'description', ...TEXTS, ...LISTS, ...bounds);
  return {
    name: reader.text('name'),
    version: reader.text('version'),
    description: reader.text('description'),
    texts: Object.fromEntries(texts),
    languages: reader.textList('supported_languages'),
    keywords: reader.textList('keywords'),
    dependencies: reader.textList('dependencies'),
    engines: { ...engines },
    place: (path) => document.place(path),
  };
}
