import { describe, expect, it } from 'vitest';
import type { Finding } from '../finding.ts';
import type { Artifact } from '../formats/manifest.ts';
import type { ConvertedRelease } from './conversion.ts';
import { convertKrew } from './krew.ts';

const DIGEST = 'ab'.repeat(32);
const RELEASES = 'https://github.com/acme/kubectl-lens/releases/download/v1.2.3';

/** A platform in YAML: `selector` and `rest` are further lines below it. */
function platform(os: string, arch: string, bin: string, ...rest: readonly string[]): string {
  return [
    `  - selector: {matchLabels: {os: ${os}, arch: ${arch}}}`,
    `    uri: ${RELEASES}/lens-${os}-${arch}.tar.gz`,
    `    sha256: ${DIGEST}`,
    `    bin: ${bin}`,
    ...rest.map((line) => `    ${line}`),
  ].join('\n');
}

interface ManifestParts {
  readonly name?: string;
  readonly version?: string;
  readonly metadata?: string;
  readonly spec?: string;
}

function krewYaml(platforms: readonly string[], parts: ManifestParts = {}): string {
  return `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: ${parts.name ?? 'view-lens'}
${parts.metadata ?? ''}
spec:
  version: ${parts.version ?? 'v1.2.3'}
  homepage: https://github.com/acme/kubectl-lens/blob/main/README.md
  shortDescription: Look at things closely
${parts.spec ?? ''}
  platforms:
${platforms.join('\n')}
`;
}

function convert(yaml: string, name = 'view-lens') {
  return convertKrew(new TextEncoder().encode(yaml), `plugins/${name}.yaml`, 'acme');
}

function converted(
  yaml: string,
  name?: string,
): ConvertedRelease & { readonly findings: readonly Finding[] } {
  const { value, findings } = convert(yaml, name);
  if (value === undefined) throw new Error(JSON.stringify(findings));
  return { ...value, findings };
}

const rulesOf = (findings: readonly Finding[]): readonly string[] => findings.map(({ rule }) => rule);

function artifactFor(release: ConvertedRelease, platform: string): Artifact | undefined {
  return release.manifest.artifacts.find((artifact) => artifact.platform === platform);
}

describe('a plugin of krew', () => {
  it('becomes a release with everything that its manifest says', () => {
    const release = converted(
      krewYaml(
        [platform('linux', 'amd64', 'kubectl-lens'), platform('windows', 'amd64', 'kubectl-lens.exe')],
        {
          metadata:
            '  annotations: {artifacthub.io/license: MIT, artifacthub.io/displayName: "The Lens", other: kept}',
          spec: '  description: |\n    Long.\n    Longer.\n  caveats: |\n    * needs a lens\n',
        },
      ),
    );
    expect(release.findings).toEqual([]);
    expect(release.repositories).toEqual(['https://github.com/acme/kubectl-lens/']);
    expect(release.manifest).toMatchObject({
      name: 'view-lens',
      version: '1.2.3',
      description: 'Look at things closely',
      displayName: 'The Lens',
      license: 'MIT',
      homepage: 'https://github.com/acme/kubectl-lens/blob/main/README.md',
      repository: 'https://github.com/acme/kubectl-lens',
      notes: '* needs a lens',
      security: { tier: 'native', capabilities: [] },
      bin: { 'kubectl-view_lens': 'kubectl-lens' },
      metadata: {
        krew: {
          version: 'v1.2.3',
          unknown: ['author', 'size'],
          description: 'Long.\nLonger.',
          annotations: { other: 'kept' },
        },
      },
      registry: 'acme',
    });
    expect(release.manifest.artifacts).toEqual([
      {
        kind: 'archive',
        platform: 'linux-x64',
        url: `${RELEASES}/lens-linux-amd64.tar.gz`,
        sha256: DIGEST,
        entry: 'kubectl-lens',
      },
      {
        kind: 'archive',
        platform: 'win32-x64',
        url: `${RELEASES}/lens-windows-amd64.tar.gz`,
        sha256: DIGEST,
        entry: 'kubectl-lens.exe',
      },
    ]);
  });

  it('gives the same bytes every time', () => {
    const yaml = krewYaml([platform('linux', 'amd64', 'kubectl-lens')]);
    expect(converted(yaml).bytes).toEqual(converted(yaml).bytes);
  });

  it('serves every machine that its selectors match, the first of them deciding', () => {
    const unix = `  - selector: {matchExpressions: [{key: os, operator: In, values: [linux, darwin]}]}
    uri: ${RELEASES}/lens.zip
    sha256: ${DIGEST}
    bin: lens.sh`;
    const release = converted(
      krewYaml([platform('linux', 'arm64', 'lens.sh'), unix, platform('linux', 'amd64', 'x')]),
    );
    expect(artifactFor(release, 'linux-arm64')?.url).toContain('lens-linux-arm64');
    for (const name of ['linux-x64', 'linux-ppc64', 'darwin-arm64', 'darwin-x64']) {
      expect(artifactFor(release, name)?.url).toContain('lens.zip');
    }
    expect(artifactFor(release, 'win32-x64')).toBe(undefined);
    expect(rulesOf(release.findings)).toEqual(['hidden-platform']);
  });

  it('understands the other operators of label selectors', () => {
    const notWindows = `  - selector: {matchExpressions: [{key: os, operator: NotIn, values: [windows, linux]}, {key: arch, operator: Exists}, {key: gpu, operator: DoesNotExist}]}
    uri: ${RELEASES}/lens.zip
    sha256: ${DIGEST}
    bin: lens`;
    const { manifest } = converted(krewYaml([notWindows]));
    expect(manifest.artifacts.map((artifact) => artifact.platform)).toEqual([
      'darwin-x64',
      'darwin-arm64',
      'freebsd-x64',
      'freebsd-arm64',
    ]);
  });

  it('leaves out machines that sheaf does not know, and says so', () => {
    const release = converted(
      krewYaml([platform('linux', 'amd64', 'lens'), platform('darwin', '386', 'lens')]),
    );
    expect(release.manifest.artifacts).toHaveLength(1);
    expect(release.findings).toMatchObject([
      { rule: 'unknown-platform', severity: 'warning', place: { file: 'plugins/view-lens.yaml', line: 16 } },
    ]);
  });

  it('has one name for its program where the archives have several', () => {
    const release = converted(
      krewYaml([
        platform(
          'linux',
          'amd64',
          'lens-linux',
          'files: [{from: ./lens-linux, to: .}, {from: LICENSE, to: .}]',
        ),
        platform('windows', 'amd64', 'lens-windows.exe'),
      ]),
    );
    expect(release.manifest.bin).toEqual({ 'kubectl-view_lens': 'kubectl-view_lens' });
    expect(artifactFor(release, 'linux-x64')).toMatchObject({
      entry: 'kubectl-view_lens',
      files: [
        { from: 'lens-linux', to: 'kubectl-view_lens' },
        { from: 'LICENSE', to: 'LICENSE' },
      ],
    });
    expect(artifactFor(release, 'win32-x64')).toMatchObject({
      entry: 'kubectl-view_lens.exe',
      files: [{ from: 'lens-windows.exe', to: 'kubectl-view_lens.exe' }],
    });
    expect(rulesOf(release.findings)).toEqual(['renamed-program', 'renamed-program', 'only-program']);
  });

  it('gets the extension without which Windows runs nothing', () => {
    const release = converted(
      krewYaml([platform('linux', 'amd64', 'lens'), platform('windows', 'amd64', 'lens')]),
    );
    expect(artifactFor(release, 'win32-x64')).toMatchObject({ entry: 'lens.exe' });
    expect(release.manifest.bin).toEqual({ 'kubectl-view_lens': 'lens' });
  });

  it.each([
    ['v1.2', '1.2.0'],
    ['v1.02.3', '1.2.3'],
    ['v1.2.3-rc.1+build.7', '1.2.3-rc.1'],
  ])('has the version %s as %s, with a warning', (tag, version) => {
    const release = converted(krewYaml([platform('linux', 'amd64', 'lens')], { version: tag }));
    expect(release.manifest.version).toBe(version);
    expect(rulesOf(release.findings)).toContain('version');
  });

  it('of a version that SemVer takes for a pre-release earns a warning, because clients pass it over', () => {
    const release = converted(krewYaml([platform('linux', 'amd64', 'lens')], { version: 'v1.2.3-krew' }));
    expect(release.manifest.version).toBe('1.2.3-krew');
    expect(rulesOf(release.findings)).toEqual(['pre-release']);
  });

  it('loses characters that nobody sees and texts of more than their field, with a warning', () => {
    const release = converted(
      krewYaml([platform('linux', 'amd64', 'lens')], {
        spec: `  caveats: "a\\u202eb\\u200b"\n  description: "${'d'.repeat(8001)}"`,
      }),
    );
    expect(release.manifest.notes).toBe('ab');
    expect(rulesOf(release.findings)).toEqual(['shortened', 'shortened']);
  });
});

describe('a manifest that cannot be carried over', () => {
  const linux = [platform('linux', 'amd64', 'lens')];
  it.each([
    ['of another version of the format', krewYaml(linux).replace('v1alpha2', 'v1alpha3'), 'api-version'],
    ['of something else', krewYaml(linux).replace('Plugin', 'Index'), 'kind'],
    ['without a version', krewYaml(linux).replace('version: v1.2.3', 'version:'), 'missing-key'],
    ['with a version that is none', krewYaml(linux, { version: 'latest' }), 'version'],
    ['of another name than its file', krewYaml(linux, { name: 'other' }), 'file-name'],
    ['without platforms', krewYaml([]), 'no-platform'],
    ['without a digest', krewYaml(linux).replace(DIGEST, 'abc'), 'no-platform'],
    ['with a list for a text', krewYaml(linux).replace('bin: lens', 'bin: [lens]'), 'type'],
    ['whose program no shell script may name', krewYaml([platform('linux', 'amd64', 'le$ns')]), 'command'],
    ['that is no YAML', 'a: [', 'yaml-syntax'],
    ['with two documents', 'a: b\n---\nc: d\n', 'yaml-syntax'],
    ['that is a list', '- a\n', 'yaml-syntax'],
    ['with too many aliases', aliases(), 'yaml-structure'],
    ['nested beyond measure', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'yaml-syntax'],
  ])('%s is refused with a finding', (_, yaml, rule) => {
    const { value, findings } = convert(yaml);
    expect(value).toBe(undefined);
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect(errors.map((finding) => finding.rule)).toContain(rule);
  });

  it('has a name that sheaf allows, or is refused', () => {
    const { value, findings } = convert(krewYaml(linux, { name: '3scale' }), '3scale');
    expect(value).toBe(undefined);
    expect(rulesOf(findings)).toEqual(['name']);
  });

  it('is refused when its only archive does not come over https', () => {
    const { value, findings } = convert(krewYaml(linux).replaceAll(`uri: https://`, 'uri: http://'));
    expect(value).toBe(undefined);
    expect(rulesOf(findings)).toEqual(['insecure-url', 'no-platform']);
  });

  it('keeps keys that krew ignores out of the release, with a warning', () => {
    const release = converted(krewYaml(linux, { metadata: '  labels: {a: b}' }));
    expect(release.findings).toMatchObject([
      { rule: 'unknown-key', severity: 'warning', place: { line: 5 } },
    ]);
  });
});

/** Seven levels of ten aliases each: ten million values. */
function aliases(): string {
  const levels = ['c0: &c0 [x]'];
  for (let n = 1; n < 8; n += 1)
    levels.push(`c${n}: &c${n} [${Array.from({ length: 10 }, () => `*c${n - 1}`).join(',')}]`);
  return levels.join('\n');
}
