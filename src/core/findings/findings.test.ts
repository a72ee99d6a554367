import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../finding.ts';
import { SCAN_RULES } from '../scanning/rules.ts';
import { annotationLines } from './annotations.ts';
import { codeQualityReport } from './code-quality.ts';
import { type FindingReport, fingerprints, type ReportedFinding, reportedFile } from './finding-report.ts';
import { markdownSummary } from './markdown-summary.ts';
import { sarifLog } from './sarif.ts';

const MEBIBYTE = 1_048_576;

function report(findings: readonly ReportedFinding[], more: Partial<FindingReport> = {}): FindingReport {
  return { tool: 'sheaf check', title: 'lens 1.0.0', passed: false, findings, rules: [], ...more };
}

const finding = (more: Partial<ReportedFinding> = {}): ReportedFinding => ({
  rule: 'described',
  severity: 'error',
  place: { file: 'plugins/lens.toml', line: 3, column: 5 },
  message: 'It has no name.',
  fix: 'Give it one.',
  ...more,
});

const MANY = Array.from({ length: 10_000 }, (_, index) =>
  finding({
    severity: index % 2 === 0 ? 'error' : 'warning',
    place: { file: `f${index % 100}` },
    message: `m${index % 10}`,
  }),
);

const HOSTILE =
  'a\r\n::set-output name=x::y\n##[add-mask]z %0A::error::\u2028,file=b:c <img src=x> @everyone [l](https://e.org)';

describe('a place', () => {
  it.each([
    ['plugins\\lens\\a.toml', 'plugins/lens/a.toml'],
    ['./a.toml', 'a.toml'],
    ['.', undefined],
    ['', undefined],
    ['draft/', undefined],
  ])('%j is reported as %j', (file, expected) => {
    expect(reportedFile(finding({ place: { file } }))).toBe(expected);
  });
});

describe('annotations', () => {
  const DELIMITERS = constantFrom('%', '\r', '\n', ':', ',', '=', '#', '[', ' ', '0', 'A', 'a');

  /** What the runner makes of a line (actions/runner, ActionCommand.TryParseV2). */
  function parse(line: string) {
    const [, command = '', properties = '', data = ''] = /^::(\w+)(?: (.*?))?::(.*)$/s.exec(line) ?? [];
    const undo = (text: string): string =>
      text
        .replaceAll('%0D', '\r')
        .replaceAll('%0A', '\n')
        .replaceAll('%3A', ':')
        .replaceAll('%2C', ',')
        .replaceAll('%25', '%');
    const pairs = properties.split(',').map((pair) => {
      const end = pair.indexOf('=');
      return [pair.slice(0, end), pair.slice(end + 1)] as const;
    });
    return {
      command,
      properties: Object.fromEntries(pairs.map(([key, value]) => [key, undo(value)])),
      data: undo(data),
    };
  }

  it('are one line each, with place, rule, message and what to do', () => {
    expect(annotationLines(report([finding()]))).toEqual([
      '::error file=plugins/lens.toml,line=3,col=5,title=described::It has no name.%0AGive it one.',
    ]);
  });

  it('leave out a place that is none', () => {
    const [line] = annotationLines(report([finding({ place: { file: '', line: 3 }, severity: 'warning' })]));
    expect(line).toBe('::warning title=described::It has no name.%0AGive it one.');
  });

  it('give back what they were given, of any text, on one line', () => {
    assert(
      property(string({ unit: DELIMITERS, minLength: 1, maxLength: 99 }), (text) => {
        const [line = '', ...others] = annotationLines(
          report([finding({ message: text, rule: text, place: { file: `x${text}x` } })]),
        );
        expect(others).toEqual([]);
        expect(line).not.toMatch(/[\r\n\u2028\u2029]/);
        const { command, properties, data } = parse(line);
        expect(command).toBe('error');
        expect(Object.keys(properties)).toEqual(['file', 'title']);
        expect(data).toBe(`${text}\nGive it one.`);
        expect(properties['title']).toBe(text);
      }),
    );
  });

  it('never begin a command that a text from outside contains', () => {
    const all = { message: HOSTILE, fix: HOSTILE, rule: HOSTILE, place: { file: HOSTILE } };
    const lines = annotationLines(report([finding(all)]))
      .join('\n')
      .split(/[\r\n\u2028\u2029]/);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^::error file=a%0D%0A%3A%3Aset-output/);
    expect(parse(lines[0] ?? '')).toMatchObject({ command: 'error' });
  });

  it('are ten of each severity, as GitHub shows, and one line that counts the others', () => {
    const lines = annotationLines(report(MANY));
    expect(lines.filter((line) => line.startsWith('::error '))).toHaveLength(10);
    expect(lines.filter((line) => line.startsWith('::warning '))).toHaveLength(10);
    expect(lines.at(-1)).toBe(
      '::notice title=sheaf check::9980 more findings about lens 1.0.0 are in the log and in the summary of sheaf check.',
    );
    expect(lines).toHaveLength(21);
  });
});

describe('a summary', () => {
  it('lists errors before warnings', () => {
    const text = markdownSummary(
      report([finding({ severity: 'warning', place: { file: '' } }), finding({ level: 'high' })]),
      MEBIBYTE,
    );
    expect(text).toBe(
      [
        '### ❌ sheaf check lens 1.0.0',
        '',
        'Errors: 1. Warnings: 1.',
        '',
        '- **error** plugins/lens.toml:3:5 (described, high): It has no name. Give it one.',
        '- **warning** (described): It has no name. Give it one.',
        '',
        '',
      ].join('\n'),
    );
  });

  it('says so when there is nothing', () => {
    expect(markdownSummary(report([], { passed: true }), MEBIBYTE)).toContain('✅');
    expect(markdownSummary(report([], { passed: true }), MEBIBYTE)).toContain('No findings.');
  });

  it('lets no text from outside become HTML, a link, a mention or a line of its own', () => {
    const all = { message: HOSTILE, fix: HOSTILE, rule: HOSTILE, place: { file: HOSTILE } };
    const text = markdownSummary(report([finding(all)], { title: HOSTILE }), MEBIBYTE);
    expect(text.split('\n')).toHaveLength(7);
    expect(text).not.toMatch(/(?<!\\)[<>[\]]/);
    expect(text).not.toMatch(/@everyone|https:\/\//);
  });

  it.each([300, 1_000, 65_536, MEBIBYTE])('has room in %i bytes, and counts what has none', (maxBytes) => {
    const text = markdownSummary(report(MANY), maxBytes);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
    const listed = text.match(/^- \*\*/gm)?.length ?? 0;
    const hidden = Number(/^- ([0-9]+) more findings have no room here\.$/m.exec(text)?.[1] ?? 0);
    expect(listed + hidden).toBe(MANY.length);
  });

  it('is nothing where not even its heading has room', () => {
    expect(markdownSummary(report(MANY), 40)).toBe('');
  });
});

describe('SARIF', () => {
  interface Log {
    readonly $schema: string;
    readonly version: string;
    readonly runs: readonly {
      readonly tool: {
        readonly driver: { readonly name: string; readonly rules: readonly { id: string }[] };
      };
      readonly columnKind: string;
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly message: { readonly text: string };
        readonly locations: readonly unknown[];
        readonly partialFingerprints: Readonly<Record<string, string>>;
      }[];
    }[];
  }
  const read = (given: FindingReport) => {
    const log = JSON.parse(new TextDecoder().decode(sarifLog(given, '1.2.3'))) as Log;
    return { log, run: log.runs[0]! };
  };

  it('names the version, the tool, and every rule once, with those that only findings name', () => {
    const { log, run } = read(report([finding({ rule: 'unknown-key' })], { rules: SCAN_RULES }));
    expect(log).toMatchObject({ version: '2.1.0', $schema: expect.stringContaining('sarif-schema-2.1.0') });
    expect(run.tool.driver).toMatchObject({ name: 'sheaf', semanticVersion: '1.2.3' });
    expect(run.tool.driver.rules.map(({ id }) => id)).toEqual([
      ...SCAN_RULES.map(({ id }) => id),
      'unknown-key',
    ]);
    expect(run.tool.driver.rules[0]).toEqual({
      id: 'undeclared-capability',
      shortDescription: { text: expect.stringMatching(/^A module imports .*\.$/) as string },
      help: { text: SCAN_RULES[0]?.fix.replace(/[[\]]/g, '\\$&') },
      defaultConfiguration: { level: 'error' },
      properties: { tags: ['security'], 'security-severity': '9.5' },
    });
  });

  it('gives each result its rule, level, place and fingerprint', () => {
    const { run } = read(report([finding(), finding({ rule: 'b', level: 'info', place: { file: '' } })]));
    expect(run.columnKind).toBe('utf16CodeUnits');
    expect(run.results).toEqual([
      {
        ruleId: 'described',
        ruleIndex: 0,
        level: 'error',
        message: { text: 'It has no name. Give it one.' },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'plugins/lens.toml', uriBaseId: '%SRCROOT%' },
              region: { startLine: 3, startColumn: 5 },
            },
          },
        ],
        partialFingerprints: { 'sheafFinding/v1': expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      },
      expect.objectContaining({ ruleId: 'b', ruleIndex: 1, level: 'note', locations: [] }),
    ]);
  });

  it.each([
    ['a b/c%d#e.toml', { uri: 'a%20b/c%25d%23e.toml', uriBaseId: '%SRCROOT%' }],
    ['a\\b.toml', { uri: 'a/b.toml', uriBaseId: '%SRCROOT%' }],
    ['/srv/a.toml', { uri: 'file:///srv/a.toml' }],
    ['C:\\srv\\a.toml', { uri: 'file:///C:/srv/a.toml' }],
    ['javascript:x', { uri: 'javascript%3Ax', uriBaseId: '%SRCROOT%' }],
  ])('writes the place %s as a URI', (file, artifactLocation) => {
    const { run } = read(report([finding({ place: { file } })]));
    expect(run.results[0]?.locations).toEqual([{ physicalLocation: { artifactLocation } }]);
  });

  it('makes neither links nor placeholders out of text from outside', () => {
    const { run } = read(report([finding({ message: '[x](https://e.org) {0} \\', fix: 'y' })]));
    expect(run.results[0]?.message.text).toBe('\\[x\\](https://e.org) {{0}} \\\\ y');
  });

  it('holds ten thousand results, no two with the same fingerprint', () => {
    const { run } = read(report(MANY));
    const prints = run.results.map(({ partialFingerprints }) => partialFingerprints['sheafFinding/v1']);
    expect(new Set(prints).size).toBe(MANY.length);
  });
});

describe('code quality', () => {
  const read = (findings: readonly ReportedFinding[]) =>
    JSON.parse(new TextDecoder().decode(codeQualityReport(report(findings)))) as readonly Record<
      string,
      unknown
    >[];

  it('has what GitLab demands of each finding', () => {
    expect(read([finding()])).toEqual([
      {
        description: 'It has no name. Give it one.',
        check_name: 'described',
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        severity: 'critical',
        location: { path: 'plugins/lens.toml', lines: { begin: 3 } },
      },
    ]);
  });

  it('has a place also for what has none', () => {
    expect(read([finding({ place: { file: '' } })])[0]?.['location']).toEqual({
      path: '.',
      lines: { begin: 1 },
    });
  });

  it.each([
    [{ level: 'critical' }, 'blocker'],
    [{ level: 'high' }, 'critical'],
    [{ level: 'medium' }, 'major'],
    [{ level: 'low' }, 'minor'],
    [{ level: 'info' }, 'info'],
    [{ severity: 'warning' }, 'minor'],
  ] as const)('says of %j that it is %s', (more, severity) => {
    expect(read([finding(more)])[0]?.['severity']).toBe(severity);
  });

  it('holds ten thousand findings', () => {
    expect(new Set(read(MANY).map(({ fingerprint }) => fingerprint)).size).toBe(MANY.length);
  });
});

describe('a fingerprint', () => {
  const printOf = (one: Finding) => fingerprints([one])[0];

  it('stays when lines above the finding come or go, and where paths have another separator', () => {
    const place = { file: 'plugins\\lens.toml', line: 400 };
    expect(printOf(finding({ place }))).toBe(printOf(finding()));
  });

  it('is another one for another rule, file or message', () => {
    const others = [finding({ rule: 'x' }), finding({ place: { file: 'x' } }), finding({ message: 'x' })];
    expect(new Set([finding(), ...others].map(printOf)).size).toBe(4);
  });
});
