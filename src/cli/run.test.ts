import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runSheaf } from '../../test/support/run-sheaf.ts';
import { ERROR_MEANINGS, SheafError } from '../core/errors.ts';
import { COMMAND_TABLE } from './command-table.ts';
import { EXIT_MEANINGS, EXIT_STATUS } from './exit-codes.ts';
import { toRefusal } from './failure.ts';
import { failureLines } from './render/failure.ts';
import { failureDocument, successDocument } from './render/json.ts';
import { plainText } from './render/line.ts';

const SCHEMA = JSON.parse(
  readFileSync(new URL('../../schemas/cli-output.schema.json', import.meta.url), 'utf8'),
) as { $defs: Record<string, object> };
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, schemas: [SCHEMA] });
const never = new AbortController().signal;

/** The JSON document of a command, checked against its schema. */
async function json(definition: string, ...argv: string[]) {
  const { status, stdout, stderr } = await runSheaf([...argv, '--json']);
  const document = JSON.parse(stdout) as Record<string, unknown>;
  const validate = ajv.getSchema(`cli-output.schema.json#/$defs/${definition}`);
  await validate?.(document);
  expect(validate?.errors).toBe(null);
  expect(ajv.getSchema('cli-output.schema.json')?.(document)).toBe(true);
  return { status, document, stdout, stderr };
}

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-cli-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe('help', () => {
  it.each(COMMAND_TABLE.map((command) => [command.name, command] as const))(
    'of %s shows its usage, every option and every example',
    async (name, command) => {
      const { status, stdout } = await runSheaf([...name.split(' '), '--help']);
      expect(status).toBe(0);
      expect(stdout).toContain(`Usage: sheaf ${name}`);
      for (const option of command.options) expect(stdout).toContain(`--${option.name}`);
      for (const example of command.examples) expect(stdout).toContain(example.line);
      expect(/--dry-run {2}/.test(stdout)).toBe(command.dryRun === true);
      expect(await runSheaf(['help', ...name.split(' ')])).toEqual({ status, stdout, stderr: '' });
    },
  );

  it('alone lists every command and every exit status', async () => {
    const { stdout } = await runSheaf([]);
    for (const { name, summary } of COMMAND_TABLE) {
      expect(stdout).toContain(name);
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(summary);
    }
    for (const meaning of Object.values(EXIT_MEANINGS)) expect(stdout).toContain(meaning);
  });

  it('of a word that needs a second lists the second words', async () => {
    const { status, stdout } = await runSheaf(['help', 'registry']);
    expect(status).toBe(0);
    expect(stdout).toContain('registry init');
  });

  it('of an unknown command suggests a known one', async () => {
    const { status, stderr } = await runSheaf(['help', 'instal']);
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean "sheaf help install"?');
  });

  it('fits a terminal', async () => {
    const { stdout } = await runSheaf(['help'], { terminal: true, environment: { NO_COLOR: '1' } });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('is one document for programs', async () => {
    const { document } = await json('help', 'help');
    const { commands } = document.data as { commands: { name: string }[] };
    expect(commands.map(({ name }) => name)).toEqual(COMMAND_TABLE.map(({ name }) => name));
  });
});

describe('explain', () => {
  it.each(Object.keys(ERROR_MEANINGS))(
    '%s tells its meaning, what to do, and its exit status',
    async (code) => {
      const { document } = await json('explain', 'explain', code);
      const { codes } = document.data as { codes: { advice: string; exitStatus: number }[] };
      expect(codes).toHaveLength(1);
      expect(codes[0]?.advice.length).toBeGreaterThan(40);
      expect(EXIT_MEANINGS[codes[0]?.exitStatus ?? -1]).toBeDefined();
    },
  );

  it('takes a code in any case and without its prefix', async () => {
    const { stdout } = await runSheaf(['explain', 'rollback']);
    expect(stdout).toContain('SHEAF_ROLLBACK');
    expect(stdout).toContain('Exit status 5.');
  });

  it('suggests the code that was meant', async () => {
    expect((await runSheaf(['explain', 'SHEAF_ROLBACK'])).stderr).toContain('Did you mean SHEAF_ROLLBACK?');
  });

  it('without a code lists all of them', async () => {
    const { document } = await json('explain', 'explain');
    expect((document.data as { codes: unknown[] }).codes).toHaveLength(Object.keys(ERROR_MEANINGS).length);
  });
});

describe('exit statuses', () => {
  it('have the numbers that scripts rely on', () => {
    expect(EXIT_STATUS).toMatchObject({
      SHEAF_USAGE: 2,
      SHEAF_CANCELLED: 3,
      SHEAF_AUTHENTICATION: 4,
      SHEAF_DIGEST: 5,
      SHEAF_SIGNATURE: 5,
      SHEAF_UNKNOWN_PLUGIN: 6,
      SHEAF_NETWORK: 7,
      SHEAF_OFFLINE: 7,
      SHEAF_RESOLUTION: 8,
      SHEAF_POLICY: 9,
      SHEAF_LOCK_OUTDATED: 10,
      SHEAF_PERMISSION: 12,
      SHEAF_DISK_FULL: 12,
      SHEAF_INTERRUPTED: 130,
    });
  });

  it.each([
    [['nonsense'], 2],
    [['list', '--nonsense'], 2],
    [['sign', 'absent.toml', '--key', 'absent'], 6],
    [['signature', 'verify'], 1],
    [['--json', 'signature', 'verify', '-x'], 1],
    [['explain'], 0],
  ])('%j ends with %d', async (argv, expected) => {
    expect((await runSheaf(argv)).status).toBe(expected);
  });
});

describe('output', () => {
  it('is the result on standard output and the refusal on standard error', async () => {
    const { stdout, stderr } = await runSheaf(['nonsense']);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: There is no command "nonsense"\.\n {2}sheaf help lists all commands\.\n/);
    expect(stderr).not.toContain('    at ');
  });

  it('shows what was typed without obeying it', async () => {
    const { stderr } = await runSheaf(['\u001b[2J\u202e'], { terminal: true });
    expect(stderr).toContain(String.raw`\u001b[2J\u202e`);
    expect(stderr).not.toContain('\u001b[2J');
    expect(stderr).not.toContain('\u202e');
  });

  it('has colours on a terminal only, and not with --no-color or NO_COLOR', async () => {
    expect((await runSheaf(['help'], { terminal: true })).stdout).toContain('\u001b[1m');
    expect((await runSheaf(['help', '--no-color'], { terminal: true })).stdout).not.toContain('\u001b');
    const environment = { NO_COLOR: '1' };
    expect((await runSheaf(['help'], { terminal: true, environment })).stdout).not.toContain('\u001b');
    expect((await runSheaf(['help'])).stdout).not.toContain('\u001b');
    expect((await runSheaf(['nonsense', '--no-color'], { terminal: true })).stderr).not.toContain('\u001b');
  });

  it('has a stack trace only with --debug', async () => {
    expect((await runSheaf(['nonsense', '--debug'])).stderr).toContain('    at ');
    const { stdout } = await runSheaf(['nonsense', '--debug', '--json']);
    expect((JSON.parse(stdout) as { error: { stack: string } }).error.stack).toContain('    at ');
  });

  it('tells the version of the package', async () => {
    const { version } = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect((await runSheaf(['--version'])).stdout).toBe(`${version}\n`);
    const { document } = await json('version', '--version');
    expect(document.data).toEqual({ version });
  });
});

describe('with --json', () => {
  it.each([[['nonsense']], [['list', '--nonsense']], [['sign']], [['registry', 'init', 'x', '--id', 'X Y']]])(
    'a refusal is one document, too: %j',
    async (argv) => {
      const { status, document, stderr } = await json('failure', ...argv);
      expect(status).toBe(2);
      expect(stderr).toBe('');
      expect(document).toMatchObject({ schemaVersion: 1, ok: false, error: { code: 'SHEAF_USAGE' } });
    },
  );

  it('every command of this file has a document that its schema describes', async () => {
    const directory = await scratch();
    const at = (name: string): string => join(directory, name);
    await json('key-create', 'key', 'create', at('alice'));
    await json('key-create', 'key', 'create', at('ci'));
    await json('registry-init', 'registry', 'init', at('acme'));
    const keys = ['--root-key', at('alice.pub'), '--ci-key', at('ci.pub')];
    await json('registry-init', 'registry', 'init', at('acme'), ...keys);
    await writeFile(at('1.0.0.toml'), '[plugin]\n');
    await json('sign', 'sign', at('1.0.0.toml'), '--key', at('alice'));
    await writeFile(at('signers'), `alice ${await readFile(at('alice.pub'), 'utf8')}`);
    const verify = ['-f', at('signers'), '-I', 'alice', '-n', 'release@sheaf', '-s', at('1.0.0.toml.sig')];
    const bad = await json('signature-verify', 'signature', 'verify', ...verify);
    expect(bad).toMatchObject({ status: 255, document: { data: { good: false } } });
  });

  it('a document has no character that a terminal could obey, and loses none', () => {
    const hostile = 'a\u001b[2J\u009b\u007f\u202e\u{e0001}\ud800é日';
    const text = successDocument({ hostile }, []);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/u);
    expect((JSON.parse(text) as { data: unknown }).data).toEqual({ hostile });
    expect(text).toContain('é日');
  });

  it('a place and findings travel with the refusal', () => {
    const error = new SheafError('SHEAF_INVALID_FILE', 'No key.', {
      place: { file: 'plugin.toml', line: 3, column: 7 },
      details: { findings: [] },
    });
    expect(JSON.parse(failureDocument(error, ['careful'], false))).toEqual({
      schemaVersion: 1,
      ok: false,
      error: {
        code: 'SHEAF_INVALID_FILE',
        message: 'No key.',
        place: { file: 'plugin.toml', line: 3, column: 7 },
        at: 'plugin.toml:3:7',
        details: { findings: [] },
      },
      warnings: ['careful'],
    });
  });

  it('each command has a schema', () => {
    for (const { name } of COMMAND_TABLE)
      expect(Object.keys(SCHEMA.$defs)).toContain(name.replaceAll(' ', '-'));
  });
});

describe('a refusal for people', () => {
  it('is a sentence, the place, what to do, the other findings and where to read more', () => {
    const finding = { rule: 'r', severity: 'error', place: { file: 'a.toml', line: 1 }, message: 'First.' };
    const error = new SheafError('SHEAF_INVALID_FILE', 'First. (and 1 more finding)', {
      place: { file: 'a.toml', line: 1 },
      hint: 'Mend it.',
      details: { findings: [finding, { ...finding, message: 'Second.' }] },
    });
    expect(failureLines(error, false).map(plainText)).toEqual([
      'error: First. (and 1 more finding)',
      '  at a.toml:1',
      '  Mend it.',
      'error: Second.',
      '  at a.toml:1 (r)',
      '  SHEAF_INVALID_FILE: "sheaf explain SHEAF_INVALID_FILE" tells more',
    ]);
  });

  it('is made of whatever was thrown', () => {
    expect(toRefusal(errno('EACCES'), never).code).toBe('SHEAF_PERMISSION');
    expect(toRefusal(errno('ENOSPC'), never).code).toBe('SHEAF_DISK_FULL');
    expect(toRefusal(new TypeError('x is not a function'), never).code).toBe('SHEAF_INTERNAL');
    expect(toRefusal('a string', never).code).toBe('SHEAF_INTERNAL');
    const known = new SheafError('SHEAF_FORK', 'Two.');
    expect(toRefusal(known, never)).toBe(known);
  });

  it('says after an interrupt that nothing was changed only of what stopped because of it', () => {
    const signal = AbortSignal.abort();
    const stopped = new SheafError('SHEAF_INTERRUPTED', 'The transfer was interrupted.');
    for (const thrown of [stopped, signal.reason]) {
      expect(toRefusal(thrown, signal)).toMatchObject({
        code: 'SHEAF_INTERRUPTED',
        message: 'Interrupted; nothing was changed.',
      });
    }
    for (const thrown of [errno('ENOSPC'), new SheafError('SHEAF_FORK', 'Two.'), undefined]) {
      const refusal = toRefusal(thrown, signal);
      expect(refusal.code).toBe('SHEAF_INTERRUPTED');
      expect(refusal.message).not.toContain('nothing was changed');
    }
  });
});

function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('an interrupted command', () => {
  it('that waits for input ends with 130 and says that nothing was changed', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    const endless = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const verify = ['signature', 'verify', '-f', 'a', '-I', 'b', '-n', 'c', '-s', 'd'];
    const { status, stderr } = await runSheaf(verify, { signal: controller.signal, input: endless });
    expect(status).toBe(130);
    expect(stderr).toContain('Interrupted; nothing was changed.');
  });
});
