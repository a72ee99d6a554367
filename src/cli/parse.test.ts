import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../core/errors.ts';
import { COMMAND_TABLE, optionsOf } from './command-table.ts';
import { type ParsedLine, parseCommandLine } from './parse.ts';

type CommandLine = Extract<ParsedLine, { kind: 'command' }>;

function parse(...argv: string[]): CommandLine {
  const line = parseCommandLine(argv);
  if (line.kind !== 'command') throw new Error(`Read as ${line.kind}.`);
  return line;
}

function refusal(...argv: string[]): SheafError {
  try {
    parseCommandLine(argv);
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
  throw new Error(`"${argv.join(' ')}" was accepted.`);
}

describe('values keep the exact text that was typed', () => {
  const texts = ['1.10', '007', '0x10', '1e3', 'true', 'false', 'NaN', '0'.repeat(64), '=', 'a=b', '', '-'];

  it.each(texts)('as a positional: %j', (text) => {
    expect(parse('config', 'set', 'policy.tiers', text).arguments).toEqual(['policy.tiers', text]);
  });

  it.each(texts)('as the value of an option, after a space and after "=": %j', (text) => {
    expect(parse('key', 'create', 'k', '--comment', text).values.get('comment')).toEqual([text]);
    expect(parse('key', 'create', 'k', `--comment=${text}`).values.get('comment')).toEqual([text]);
    expect(parse('key', 'create', 'k', '-C', text).values.get('comment')).toEqual([text]);
    expect(parse('key', 'create', 'k', `-C=${text}`).values.get('comment')).toEqual([text]);
  });

  it.each(texts)('behind a flag, which takes no value: %j', (text) => {
    const line = parse('config', '--json', 'set', 'policy.tiers', '--yes', text);
    expect(line.arguments).toEqual(['policy.tiers', text]);
    expect([...line.flags].toSorted()).toEqual(['json', 'yes']);
  });

  it('whatever it is, as long as a process can be given it', () => {
    const argument = string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    assert(
      property(argument, argument, (value, positional) => {
        const line = parse('key', 'create', `--comment=${value}`, '--', `x${positional}`);
        expect(line.values.get('comment')).toEqual([value]);
        expect(line.arguments).toEqual([`x${positional}`]);
      }),
    );
  });

  it('even when it is named like a member of every object', () => {
    expect(parse('config', 'set', '__proto__', 'constructor').arguments).toEqual([
      '__proto__',
      'constructor',
    ]);
    expect(refusal('list', '--__proto__').code).toBe('SHEAF_USAGE');
    expect(refusal('list', '--constructor').code).toBe('SHEAF_USAGE');
  });
});

describe('commands', () => {
  it.each([
    ['add', 'install'],
    ['rm', 'remove'],
    ['uninstall', 'remove'],
    ['ls', 'list'],
    ['upgrade', 'update'],
  ])('known from other tools work: %s is %s', (alias, name) => {
    expect(parse(alias, 'graph-lens'.slice(0, alias === 'ls' ? 0 : undefined) || '--json').command.name).toBe(
      name,
    );
  });

  it('of two words are not mistaken for their one-word namesakes', () => {
    expect(parse('registry', 'add', 'https://plugins.example.org/').command.name).toBe('registry add');
    expect(parse('add', 'graph-lens').command.name).toBe('install');
    expect(parse('registry', 'list').command.name).toBe('registry list');
    expect(parse('list').command.name).toBe('list');
  });

  it('are found behind global options, also those with a value', () => {
    const line = parse('--json', '--project', 'there', 'registry', '--yes', 'remove', 'acme');
    expect(line.command.name).toBe('registry remove');
    expect(line.values.get('project')).toEqual(['there']);
    expect(line.arguments).toEqual(['acme']);
  });

  it('that do not exist are refused with the one that was probably meant', () => {
    expect(refusal('instal', 'x')).toMatchObject({
      code: 'SHEAF_USAGE',
      hint: 'Did you mean "sheaf install"?',
    });
    expect(refusal('registry', 'ad', 'x').hint).toBe('Did you mean "sheaf registry add"?');
    expect(refusal('zzzzzz').hint).toBe('sheaf help lists all commands.');
    expect(refusal('cache', 'zzzzzz').hint).toBe(
      'Write one of: sheaf cache list, sheaf cache clean, sheaf cache path.',
    );
  });

  it('that need a second word list the words', () => {
    expect(refusal('cache').hint).toContain('sheaf cache clean');
  });

  it('may have a third word, and list it when it is missing', () => {
    expect(parseCommandLine(['registry', '--json', 'trust', 'show', 'acme'])).toMatchObject({
      command: { name: 'registry trust show' },
      arguments: ['acme'],
    });
    expect(refusal('registry', 'trust')).toMatchObject({
      message: '"sheaf registry trust" needs one more word.',
      hint: 'Write one of: sheaf registry trust show, sheaf registry trust rotate.',
    });
    expect(refusal('registry', 'trust', 'rotat').hint).toBe('Did you mean "sheaf registry trust rotate"?');
  });

  it('ask for help with --help and -h wherever they stand, and alone without anything', () => {
    expect(parseCommandLine(['install', '--nonsense', '--help'])).toEqual({
      kind: 'help',
      topic: ['install'],
    });
    expect(parseCommandLine(['-h', 'registry', 'add'])).toEqual({ kind: 'help', topic: ['registry', 'add'] });
    expect(parseCommandLine([])).toEqual({ kind: 'help', topic: [] });
  });

  it('tell the version beside other options', () => {
    expect(parseCommandLine(['--json', '--version'])).toEqual({ kind: 'version' });
  });
});

describe('options', () => {
  it('that do not exist are refused with the one that was probably meant', () => {
    expect(refusal('install', '--dry-rnu').hint).toBe('Did you mean --dry-run?');
    expect(refusal('install', '--dryRun').hint).toBe('Did you mean --dry-run?');
    expect(refusal('--jsno').hint).toBe('Did you mean --json?');
  });

  it('of another command are refused, and the other command is named', () => {
    expect(refusal('list', '--threshold', '2').hint).toContain('"sheaf registry init" has it');
  });

  it.each(['--no-json', '--no-yes', '--color', '--input', '--json.a', '---json', '-x', '-jj'])(
    'are never invented from a name: %s',
    (option) => {
      expect(refusal('list', option).code).toBe('SHEAF_USAGE');
    },
  );

  it('whose names begin with no- are flags like others', () => {
    expect([...parse('list', '--no-color', '--no-input').flags].toSorted()).toEqual(['no-color', 'no-input']);
    expect(parse('list').flags.size).toBe(0);
  });

  const INSTALL = COMMAND_TABLE.find(({ name }) => name === 'install') ?? COMMAND_TABLE[0];
  const flags = optionsOf(INSTALL as (typeof COMMAND_TABLE)[number])
    .filter(({ name, value }) => value === undefined && name !== 'help' && name !== 'version')
    .map(({ name }) => name);

  it.each(flags)('that are flags leave the next word alone: --%s', (name) => {
    const line = parse('install', `--${name}`, 'graph-lens');
    expect([line.arguments, [...line.flags]]).toEqual([['graph-lens'], [name]]);
  });

  it('that may repeat keep every value in order, in long and short forms', () => {
    const line = parse('registry', 'init', 'd', '--root-key', 'b.pub', '--root-key=a.pub', '--root-key', '2');
    expect(line.values.get('root-key')).toEqual(['b.pub', 'a.pub', '2']);
  });

  it('that may not repeat are refused when they do', () => {
    expect(refusal('sign', 'f', '--key', 'a', '-k', 'b').message).toContain('2 times');
  });

  it('with a value are refused without one', () => {
    expect(refusal('sign', 'f', '--key').message).toBe('--key needs a value.');
    expect(refusal('sign', 'f', '--key', '--json').message).toBe('--key needs a value.');
    expect(refusal('key', 'create', 'k', '--comment', '--', 'x').message).toBe('--comment needs a value.');
  });

  it('without a value are refused with one', () => {
    expect(refusal('list', '--json=true').message).toContain('takes no value');
    expect(refusal('list', '-y=1').message).toContain('takes no value');
  });

  it('of one letter can be written together', () => {
    expect([...parse('remove', '-yf', 'graph-lens').flags].toSorted()).toEqual(['force', 'yes']);
  });

  it('end at --, behind which everything is an argument', () => {
    const line = parse('remove', '--force', '--', '--json', '-x', '1.10');
    expect(line.arguments).toEqual(['--json', '-x', '1.10']);
    expect([...line.flags]).toEqual(['force']);
  });

  it('that are required are asked for by name', () => {
    expect(refusal('sign', 'f')).toMatchObject({ message: '"sheaf sign" needs --key.' });
  });

  it.each([
    [['registry', 'init', 'd', '--threshold', '0'], 'whole number'],
    [['registry', 'init', 'd', '--threshold', '1.5'], 'whole number'],
    [['registry', 'init', 'd', '--ci', 'gitlub'], 'cannot be'],
    [['registry', 'add', 'https://x.example/', '--root', 'sha256:abc'], 'not a digest'],
    [['index', 'build', '.', '--out', 'o', '--expires', '7'], 'duration'],
    [['index', 'build', '.', '--out', ''], 'empty'],
    [['rollback', 'x'], 'whole number'],
  ])('have values of their kind: %j', (argv, message) => {
    expect(refusal(...argv).message).toContain(message);
  });
});

describe('arguments', () => {
  it('that are missing or too many are refused with the usage', () => {
    expect(refusal('registry', 'add')).toMatchObject({ hint: 'Usage: sheaf registry add URL' });
    expect(refusal('list', 'surplus').message).toContain('"surplus"');
    expect(refusal('config', 'set', 'a').message).toBe('"sheaf config set" needs VALUE.');
  });
});

describe('the command table', () => {
  it('has every name and alias once', () => {
    const words = COMMAND_TABLE.flatMap(({ name, aliases }) => [[name], aliases].flat());
    expect(new Set(words).size).toBe(words.length);
  });

  it.each(COMMAND_TABLE.map((command) => [command.name, command] as const))(
    '%s has options of distinct names, an example, and at most a last argument that repeats',
    (_, command) => {
      const names = optionsOf(command).flatMap(({ name, short }) =>
        short === undefined ? [name] : [name, short],
      );
      expect(new Set(names).size).toBe(names.length);
      expect(command.examples.length).toBeGreaterThan(0);
      expect(command.arguments.slice(0, -1).some((argument) => argument.repeat === true)).toBe(false);
      expect(command.summary.endsWith('.')).toBe(false);
    },
  );

  it('has only examples that the parser accepts', () => {
    for (const command of COMMAND_TABLE) {
      for (const { line } of command.examples) {
        const [program, ...words] = line
          .replace(/^.*"\$\((.*)\)"$/, '$1')
          .replace(/ [<>|] .*$/, '')
          .split(' ');
        expect(program).toBe('sheaf');
        expect({ line, name: parse(...words).command.name }).toEqual({ line, name: command.name });
      }
    }
  });
});
