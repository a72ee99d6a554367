import { isUnbounded } from '../../checking/rules/ranges.ts';
import { closest } from '../../did-you-mean.ts';
import { SheafError } from '../../errors.ts';
import type { PluginDependency } from '../../formats/manifest.ts';
import type { PluginName } from '../../plugin-name.ts';
import { cycleThrough } from '../../resolution/cycle.ts';
import { quote } from '../../text.ts';
import { compareVersions, isPrerelease, satisfies, type Version } from '../../version.ts';
import type { NeededPlugin } from '../change.ts';
import type { ChangeRule } from '../change-rule.ts';
import { type JudgedRelease, releaseRule, type Say } from '../release-rule.ts';
import { resolveSubmission } from '../resolve-submission.ts';

/** What is published can be installed, with all that it needs. */
export const pluginDependencies: ChangeRule = releaseRule({
  id: 'plugin-dependencies',
  title: 'The plugins that a release needs exist, fit together, and do not need it in turn.',
  waivable: false,
  async judge(submission, say) {
    let isHopeless = false;
    const { manifest } = submission.release;
    for (const [name, dependency] of Object.entries(manifest.dependencies)) {
      const fault = faultOf(name as PluginName, dependency, submission);
      // Resolution would only repeat what is said here in more words.
      isHopeless ||= fault !== undefined;
      const path = ['dependencies', 'plugins', name];
      if (fault !== undefined) say(dependency.optional ? 'warning' : 'error', path, fault.message, fault.fix);
      else if (isUnbounded(dependency.range)) sayUnbounded(name, dependency, say);
    }
    if (!isHopeless && Object.keys(manifest.dependencies).length > 0) await judgeTogether(submission, say);
  },
});

interface DependencyFault {
  readonly message: string;
  readonly fix: string;
}

function faultOf(
  name: PluginName,
  { range, registry }: PluginDependency,
  { change, release }: JudgedRelease,
): DependencyFault | undefined {
  if (name === release.manifest.name) {
    return { message: 'The plugin depends on itself.', fix: 'Remove the entry.' };
  }
  // Of another registry nothing is known here; whoever installs from both sees it.
  if (registry !== undefined && registry !== change.registry.id) return undefined;
  const needed = release.needed.get(name);
  if (needed === undefined) return missing(name, change.names.keys());
  const versions = [...needed.releases.keys()].filter((version) => satisfies(version, range));
  if (versions.some((version) => !Object.hasOwn(needed.file.yanked, version))) return undefined;
  const newest = newestOf(needed);
  const offered = newest === undefined ? 'there is none to choose' : `the newest is ${newest}`;
  return {
    message:
      versions.length === 0
        ? `No version of ${name} lies in ${quote(range)}; ${offered}.`
        : `All versions of ${name} in ${quote(range)} were yanked; ${offered}.`,
    fix:
      newest === undefined ? 'Do without it.' : `Write a range with ${newest} in it, such as "^${newest}".`,
  };
}

function missing(name: PluginName, names: Iterable<PluginName>): DependencyFault {
  const meant = closest(name, names);
  return {
    message: `The registry has no plugin ${name}.`,
    fix:
      meant === undefined
        ? 'Name its registry, as in { version = "^1", registry = "…" }; packages belong under [dependencies].'
        : `Did you mean ${meant}?`,
  };
}

function newestOf({ file, releases }: NeededPlugin): Version | undefined {
  const versions = [...releases.keys()].filter((version) => !Object.hasOwn(file.yanked, version));
  const stable = versions.filter((version) => !isPrerelease(version));
  return (stable.length > 0 ? stable : versions).toSorted(compareVersions).at(-1);
}

function sayUnbounded(name: string, { range }: PluginDependency, say: Say): void {
  say(
    'warning',
    ['dependencies', 'plugins', name],
    `The range ${quote(range)} of ${name} has no upper end.`,
    'Write one, such as "^1.2.0": nobody has tried what comes later.',
  );
}

async function judgeTogether(submission: JudgedRelease, say: Say): Promise<void> {
  const { name, version } = submission.release.manifest;
  const platforms = new Set(submission.release.manifest.artifacts.map(({ platform }) => platform));
  const cycles = new Set<string>();
  for (const platform of platforms) {
    try {
      const cycle = cycleThrough(name, await resolveSubmission(submission, platform));
      if (cycle !== undefined) cycles.add(cycle.join(' → '));
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      const place = platform === 'any' ? '' : ` on ${platform}`;
      say(
        'error',
        ['dependencies', 'plugins'],
        `${name} ${version} cannot be installed${place}: ${error.message}`,
        'Widen the ranges until one set of versions satisfies all of them.',
      );
    }
  }
  for (const cycle of cycles) {
    say(
      'error',
      ['dependencies', 'plugins'],
      `The plugins need each other: ${cycle}. No host can load one before the other.`,
      'Move what both need into a third plugin.',
    );
  }
}
