import type { Path } from '../../documents/source-text.ts';
import { addressTrick, isBelow } from '../../stated-address.ts';
import { quote } from '../../text.ts';
import type { ChangeRule } from '../change-rule.ts';
import { type JudgedRelease, releaseRule, type Say } from '../release-rule.ts';

/**
 * Whoever takes over an account on a forge gets no further than its own repositories, and users can see from whom a
 * file comes.
 */
export const releaseUrl: ChangeRule = releaseRule({
  id: 'release-url',
  title: 'Artifacts, source and repository lie below the addresses that the owner has stated.',
  waivable: false,
  judge(submission, say) {
    const { manifest } = submission.release;
    const prefixes = statedPrefixes(submission);
    for (const [index, { url }] of manifest.artifacts.entries()) {
      const path = ['artifact', index, 'url'];
      const trick = addressTrick(url);
      if (trick === undefined) requireBelow(prefixes, url, url, path, say);
      else say('error', path, `The address ${quote(url)} ${trick}.`, 'Write the plain address of the file.');
    }
    judgeRepository(manifest.repository, ['plugin', 'repository'], prefixes, say);
    judgeRepository(manifest.source?.repository, ['source', 'repository'], prefixes, say);
  },
});

/** The addresses of the owner, and those that the owner signed for this plugin. */
function statedPrefixes({ change, plugin }: JudgedRelease): readonly string[] {
  const file = plugin.after ?? plugin.before;
  const owner = file === undefined ? undefined : change.owners.get(file.owner);
  return [...(owner?.about?.repositories ?? []), ...(file?.repositories ?? [])];
}

function judgeRepository(text: string | undefined, path: Path, prefixes: readonly string[], say: Say): void {
  if (text === undefined) return;
  // The address of a repository is that of a folder, with or without what `git clone` is told.
  const folder = `${text.replace(/\/$/, '').replace(/\.git$/, '')}/`;
  const trick = addressTrick(folder);
  if (trick === undefined) requireBelow(prefixes, folder, text, path, say);
  else
    say('error', path, `The address ${quote(text)} ${trick}.`, 'Write the plain address of the repository.');
}

function requireBelow(
  prefixes: readonly string[],
  address: string,
  shown: string,
  path: Path,
  say: Say,
): void {
  if (prefixes.some((prefix) => isBelow(address, prefix))) return;
  const stated = prefixes.length === 0 ? 'none are stated' : prefixes.map((one) => quote(one)).join(', ');
  say(
    'error',
    path,
    `The address ${quote(shown)} lies below no address of the owner: ${stated}.`,
    'Publish it there, or let the owner add its repository to repositories in plugin.toml and sign that.',
  );
}
