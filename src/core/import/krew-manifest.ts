import { defined } from '../defined.ts';
import type { Path, SourceDocument } from '../documents/source-text.ts';
import type { Finding, Place, Reading } from '../finding.ts';
import { quote } from '../text.ts';
import { MappingReader } from './mapping-reader.ts';
import { parseYaml } from './yaml-document.ts';

/** A plugin manifest of krew, as https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/ describes it. */
export interface KrewManifest {
  readonly file: string;
  readonly name: string;
  /** As it is written: `v1.2.3`. */
  readonly version: string;
  readonly homepage?: string;
  readonly shortDescription: string;
  readonly description?: string;
  readonly caveats?: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** In the order of the file: krew installs the first one whose selector matches. */
  readonly platforms: readonly KrewPlatform[];
  /** Where something stands, for findings. */
  readonly place: (path: Path) => Place;
}

/** One archive and the machines it is for. */
export interface KrewPlatform {
  readonly uri: string;
  readonly sha256: string;
  /** The program, below the directory that `files` fills. */
  readonly bin: string;
  /** What is moved out of the archive; everything when absent. */
  readonly files?: readonly FileMove[];
  /** All must hold; a machine has the labels `os` and `arch` in the words of Go. */
  readonly requirements: readonly LabelRequirement[];
}

/** `from` is a path or a pattern of Go's filepath.Match below the archive, `to` a path below the plugin. */
export interface FileMove {
  readonly from: string;
  readonly to: string;
}

/** A requirement of a label selector of Kubernetes (metav1.LabelSelector). */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

const API_VERSION = 'krew.googlecontainertools.github.com/v1alpha2';
const OPERATORS: ReadonlySet<string> = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

/**
 * Reads a manifest of krew's index. Errors are what krew refuses too; a key that krew ignores earns a warning,
 * because its author meant something by it.
 */
export function readKrewManifest(bytes: Uint8Array, file: string): Reading<KrewManifest> {
  const { value: document, findings: faults } = parseYaml(bytes, file);
  if (document === undefined) return { value: undefined, findings: faults };
  const findings: Finding[] = [];
  const reader = new MappingReader(document, findings, [], document.value);
  const manifest = readManifest(reader, document, file);
  const refused = findings.some(({ severity }) => severity === 'error');
  return refused ? { value: undefined, findings } : { value: manifest, findings };
}

function readManifest(top: MappingReader, document: SourceDocument, file: string): KrewManifest {
  const apiVersion = top.text('apiVersion');
  if (apiVersion !== API_VERSION) {
    top.error('apiVersion', 'api-version', `The API version is ${quote(apiVersion)}, not ${API_VERSION}.`);
  }
  if (top.text('kind') !== 'Plugin') top.error('kind', 'kind', 'The file does not describe a plugin.');
  const metadata = top.mapping('metadata');
  const spec = top.mapping('spec');
  const name = metadata.text('name');
  const stem = file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
  if (name !== stem) {
    metadata.error('name', 'file-name', `The plugin is named ${quote(name)}, but its file ${quote(stem)}.`);
  }
  const annotations = metadata.optionalMapping('annotations')?.texts() ?? {};
  metadata.onlyKeys('name', 'annotations');
  const manifest = defined({
    file,
    name,
    version: spec.text('version'),
    homepage: spec.optionalText('homepage'),
    shortDescription: spec.text('shortDescription'),
    description: spec.optionalText('description'),
    caveats: spec.optionalText('caveats'),
    annotations,
    platforms: spec.mappings('platforms').map(readPlatform),
    place: (path: Path) => document.place(path),
  });
  spec.onlyKeys('version', 'homepage', 'shortDescription', 'description', 'caveats', 'platforms');
  top.onlyKeys('apiVersion', 'kind', 'metadata', 'spec');
  if (manifest.platforms.length === 0) spec.error('platforms', 'no-platform', 'The plugin has no platform.');
  return manifest;
}

function readPlatform(platform: MappingReader): KrewPlatform {
  const selector = platform.optionalMapping('selector');
  const labels = selector?.optionalMapping('matchLabels')?.texts() ?? {};
  const expressions = selector?.mappings('matchExpressions') ?? [];
  const files = platform.has('files') ? platform.mappings('files') : undefined;
  const value = defined({
    uri: platform.text('uri'),
    sha256: platform.text('sha256'),
    bin: platform.text('bin'),
    files: files?.map((move) => {
      move.onlyKeys('from', 'to');
      return { from: move.text('from'), to: move.text('to') };
    }),
    requirements: [
      ...Object.entries(labels).map(([key, label]) => ({ key, operator: 'In' as const, values: [label] })),
      ...expressions.map(readExpression),
    ],
  });
  selector?.onlyKeys('matchLabels', 'matchExpressions');
  platform.onlyKeys('uri', 'sha256', 'bin', 'files', 'selector');
  return value;
}

function readExpression(expression: MappingReader): LabelRequirement {
  const operator = expression.text('operator');
  if (!OPERATORS.has(operator)) {
    expression.error('operator', 'operator', `${quote(operator)} is no operator of a label selector.`);
  }
  const requirement = {
    key: expression.text('key'),
    operator: operator as LabelRequirement['operator'],
    values: expression.textList('values'),
  };
  expression.onlyKeys('key', 'operator', 'values');
  return requirement;
}
