import { SheafError } from '../../core/errors.ts';
import type { Attestation, ReviewFile } from '../../core/formats/review-file.ts';
import { parsePluginSpec } from '../../core/plugin-spec.ts';
import { quote } from '../../core/text.ts';
import { isVersion } from '../../core/version.ts';
import { review } from '../../ops/reviews/review.ts';
import { openCheckout } from '../../wiring/checkout.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, cyan, dim, green, type Line } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = openCheckout(call.value('registry') ?? '.', {
    mayAsk: !call.global.noInput,
    signal: call.signal,
  });
  const spec = requiredArgument(call, 0);
  const { name, range } = parsePluginSpec(spec);
  if (!isVersion(range)) {
    throw new SheafError('SHEAF_USAGE', `${quote(spec)} does not say which version was reviewed.`, {
      hint: `Write NAME@VERSION: ${name}@1.2.0.`,
    });
  }
  const [text, as] = [call.value('text'), call.value('as')];
  const written = await review(ports, {
    plugin: name,
    version: range,
    rating: Number(call.required('rating')),
    // The table lists what these may be.
    verdict: call.required('verdict') as ReviewFile['verdict'],
    thoroughness: (call.value('thoroughness') ?? 'medium') as ReviewFile['thoroughness'],
    attests: call.values('attest') as readonly Attestation[],
    ...(text === undefined ? {} : { text }),
    key: call.required('key'),
    ...(as === undefined ? {} : { as }),
    dryRun: call.flag('dry-run'),
  });
  const verb = call.flag('dry-run') ? 'Would write' : written.replaced ? 'Replaced' : 'Wrote';
  const { unlisted } = written;
  const missing: readonly Line[] =
    unlisted === undefined
      ? []
      : [
          '',
          'It counts for no promotion until registry/trust/reviewers.signers has the line:',
          ['  ', cyan(unlisted)],
        ];
  return {
    data: { ...written },
    lines: () => [
      [green(verb), ' ', bold(written.path), dim(`  review@sheaf by ${written.signer}`)],
      ...missing,
    ],
  };
}
