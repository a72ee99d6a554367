import { SheafError } from '../core/errors.ts';
import type { ClientPorts } from '../core/ports.ts';
import type { Plan } from '../core/resolution/plan.ts';
import type { Change, ChangeOptions } from './change.ts';

/**
 * Asks for the capabilities of a plan that nobody agreed to yet. Naming a plugin on the command line agrees to what
 * it and its dependencies may do; an update never agrees by itself.
 *
 * @throws SheafError `SHEAF_CAPABILITIES` when the answer is no, or nobody can be asked.
 */
export async function requireConsent(
  { reporter, prompt }: ClientPorts,
  plan: Plan,
  change: Change,
  options: ChangeOptions,
): Promise<void> {
  const changes = change.agreesToAdditions ? plan.update : [...plan.add, ...plan.update];
  const open = changes.filter(({ newCapabilities }) => newCapabilities.length > 0);
  if (open.length === 0 || options.acceptCapabilities) return;
  const wishes = open.map(
    ({ name, version, newCapabilities }) => `${name} ${version}: ${newCapabilities.join(', ')}`,
  );
  for (const wish of wishes) reporter.note(`New capabilities for ${wish}`);
  const agreed = await prompt
    .confirm('Give these capabilities?', '--accept-capabilities')
    .catch((error: unknown) => {
      if (error instanceof SheafError && error.code === 'SHEAF_CANCELLED') return false;
      throw error;
    });
  if (agreed) return;
  throw new SheafError(
    'SHEAF_CAPABILITIES',
    `Nobody agreed to the new capabilities of ${wishes.join('; ')}.`,
    {
      hint: 'Agree with --accept-capabilities, or keep the versions that are installed.',
      details: { plugins: open.map(({ name, newCapabilities }) => ({ name, newCapabilities })) },
    },
  );
}
