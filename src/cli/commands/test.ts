import { type TestResult, testPlugin } from '../../ops/authors/test-plugin.ts';
import { type TriedEngine, tryAuthorEngines } from '../../ops/authors/try-engines.ts';
import { connectAuthor, connectStarter } from '../../wiring/author.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { bold, dim, green, type Line, red } from '../render/line.ts';
import { count } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const path = call.arguments[0] ?? '.';
  const starter = connectStarter(call.environment);
  try {
    const ports = { ...connectAuthor(call), starter };
    const tested = await testPlugin(ports, path);
    const compatibility = call.flag('engines') ? await tryAuthorEngines(ports, path) : undefined;
    const { name, version, isolation, results } = tested;
    const passed = tested.passed && (compatibility ?? []).every(({ fault }) => fault === undefined);
    const failed = results.filter((result) => !result.passed).length;
    return {
      data: { ...tested, passed, ...(compatibility === undefined ? {} : { compatibility }) },
      lines: () => [
        [bold(name), ` ${version}`, ...(isolation === undefined ? [] : [dim(` isolation: ${isolation}`)])],
        ...results.flatMap(resultLines),
        failed === 0
          ? [green('Passed'), ` ${count(results.length, 'test')}.`]
          : [red('Failed'), ` ${failed} of ${count(results.length, 'test')}.`],
        ...(compatibility ?? []).flatMap(trialLines),
      ],
      ...(passed ? {} : { exitStatus: EXIT_STATUS.SHEAF_PLUGIN }),
    };
  } finally {
    await starter.close();
  }
}

function resultLines({ kind, name, passed, fault, us }: TestResult): readonly Line[] {
  const cost = us === undefined ? '' : ` ${us} µs`;
  const line: Line = [
    passed ? green('✓') : red('✗'),
    kind === 'case' ? ` ${name}` : ` it ${name}`,
    dim(cost),
  ];
  return fault === undefined ? [line] : [line, `    ${fault}`];
}

function trialLines({ engine, version, loads, tests, fault }: TriedEngine): readonly Line[] {
  const line: Line = [
    fault === undefined ? green('✓') : red('✗'),
    ` ${engine} ${version}: ${loads ? `loads, own tests: ${tests}` : 'does not load'}`,
  ];
  return fault === undefined ? [line] : [line, `    ${fault}`];
}
