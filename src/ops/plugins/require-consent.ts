import { SheafError } from '../../core/errors.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { Plan, PlannedChange } from '../../core/resolution/plan.ts';
import type { Change, ChangeOptions } from './change.ts';

/**
 * Tells the capabilities of a plan that nobody agreed to yet, before anything is fetched, and asks for them. Naming
 * a plugin on the command line agrees to what it and its dependencies may do; an update never agrees by itself.
 *
 * @throws SheafError `SHEAF_CAPABILITIES` when the answer is no, or nobody can be asked.
 */
export async function requireConsent(
  { reporter, prompt }: ClientPorts,
  plan: Plan,
  change: Change,
  options: ChangeOptions,
): Promise<void> {
  const widened = [...plan.add, ...plan.update].filter(({ newCapabilities }) => newCapabilities.length > 0);
  for (const one of widened) reporter.note(`New capabilities for ${wishOf(one)}`);
  const open = change.agreesToAdditions ? widened.filter(({ from }) => from !== undefined) : widened;
  if (open.length === 0 || options.acceptCapabilities) return;
  const agreed = await prompt
    .confirm('Give these capabilities?', '--accept-capabilities')
    .catch((error: unknown) => {
      if (error instanceof SheafError && error.code === 'SHEAF_CANCELLED') return false;
      throw error;
    });
  if (agreed) return;
  throw new SheafError(
    'SHEAF_CAPABILITIES',
    `Nobody agreed to the new capabilities of ${open.map(wishOf).join('; ')}.`,
    {
      hint: 'Agree with --accept-capabilities, or keep the versions that are installed.',
      details: { plugins: open.map(({ name, newCapabilities }) => ({ name, newCapabilities })) },
    },
  );
}

function wishOf({ name, version, newCapabilities }: PlannedChange): string {
  return `${name} ${version}: ${newCapabilities.join(', ')}`;
}
