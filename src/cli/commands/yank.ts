import { yankRelease } from '../../ops/publishing/yank-release.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { proposeRevision, reasonOf, versionNamed } from '../revise-call.ts';

export function run(call: Call): Promise<Outcome> {
  const version = versionNamed(requiredArgument(call, 1));
  const what = `${call.flag('undo') ? 'offer again' : 'yank'} ${version} of`;
  return proposeRevision(call, what, (ports, options) =>
    yankRelease(ports, { ...options, version, ...reasonOf(call) }),
  );
}
