import { deprecate } from '../../ops/publishing/deprecate.ts';
import type { Call, Outcome } from '../call.ts';
import { proposeRevision, reasonOf, versionNamed } from '../revise-call.ts';

export function run(call: Call): Promise<Outcome> {
  const [, text] = call.arguments;
  const version = text === undefined ? {} : { version: versionNamed(text) };
  const what = `${call.flag('undo') ? 'recommend again' : 'deprecate'}${text === undefined ? '' : ` ${text} of`}`;
  return proposeRevision(call, what, (ports, options) =>
    deprecate(ports, { ...options, ...version, ...reasonOf(call) }),
  );
}
