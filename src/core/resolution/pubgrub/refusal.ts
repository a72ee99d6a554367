import { type ErrorCode, SheafError } from '../../errors.ts';
import type { PluginName } from '../../plugin-name.ts';
import type { Catalogue } from './catalogue.ts';
import { proofOf } from './derivation.ts';
import { explain, outline } from './explanation.ts';
import { type Fact, isObstacle, isRoutedAway } from './fact.ts';
import type { Incompatibility } from './incompatibility.ts';
import { waysOut } from './ways-out.ts';

/** Sentences that fit into a message; of a longer explanation it tells only what it rests on. */
const MAX_LINES = 12;

/** The error for a failure: the explanation as its message, ways out as its hint. */
export async function refusal(failure: Incompatibility, catalogue: Catalogue): Promise<SheafError> {
  const proof = proofOf(failure);
  const reasons = explain(failure);
  const shown = reasons.length > MAX_LINES ? outline(proof) : reasons;
  const missing = missingPlugin(proof.facts);
  return new SheafError(codeOf(proof.facts), shown.join(' '), {
    hint: await waysOut(proof.facts, catalogue),
    details: { reasons, ...(missing === undefined ? {} : { name: missing }) },
  });
}

/** The most telling code; one for an unknown name or version only where nothing else is wrong. */
function codeOf(facts: readonly Fact[]): ErrorCode {
  const obstacles = facts.filter(isObstacle);
  const [first] = obstacles;
  if (first === undefined) return 'SHEAF_RESOLUTION';
  if (obstacles.every(isForbidden)) return 'SHEAF_POLICY';
  if (obstacles.every((fact) => fact.kind === 'need' && fact.host.kind === 'platform'))
    return 'SHEAF_PLATFORM';
  if (obstacles.length > 1 || (first.kind !== 'wanted' && first.kind !== 'dependency'))
    return 'SHEAF_RESOLUTION';
  if (first.asked.lacking === 'plugin') return 'SHEAF_UNKNOWN_PLUGIN';
  return first.kind === 'wanted' ? 'SHEAF_UNKNOWN_VERSION' : 'SHEAF_RESOLUTION';
}

/** Whether people decided so, and not the versions that there are. */
function isForbidden(fact: Fact): boolean {
  if (fact.kind === 'wanted' || fact.kind === 'dependency') return isRoutedAway(fact.asked);
  return fact.kind === 'excluded';
}

/** The name of a wanted plugin that no registry has; perhaps it is mistyped. */
function missingPlugin(facts: readonly Fact[]): PluginName | undefined {
  const wanted = facts.filter((fact) => fact.kind === 'wanted');
  return wanted.find(({ asked }) => asked.lacking === 'plugin')?.asked.plugin.name;
}
