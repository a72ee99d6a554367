import { SheafError } from '../../core/errors.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';

export async function run(call: Call): Promise<Outcome> {
  const shell = requiredArgument(call, 0);
  const script = await scriptFor(shell);
  return {
    data: { shell, script },
    // Each line as it is: the script must reach the shell byte for byte, and it has no other control characters.
    lines: () => script.replace(/\n$/, '').split('\n'),
  };
}

async function scriptFor(shell: string): Promise<string> {
  switch (shell) {
    case 'bash':
      return (await import('../shells/bash.ts')).BASH;
    case 'zsh':
      return (await import('../shells/zsh.ts')).ZSH;
    case 'fish':
      return (await import('../shells/fish.ts')).FISH;
    case 'powershell':
      return (await import('../shells/powershell.ts')).POWERSHELL;
    default:
      throw new SheafError('SHEAF_INTERNAL', 'A shell is in the command table that has no script.');
  }
}
