import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import { quote } from '../../text.ts';
import { satisfies, type Version, type VersionRange } from '../../version.ts';
import type { CheckFault, CheckRule } from '../check-rule.ts';

/** A version that no engine has yet: a range that admits it has no end. */
const FAR = '999999.0.0' as Version;

/** Whether a range admits versions that nobody can have tried. */
export function isUnbounded(range: VersionRange): boolean {
  return satisfies(FAR, range, { prereleases: false });
}

/** Compatibility is said of versions that exist; what comes after the next major version nobody has tried. */
export const ranges: CheckRule = {
  id: 'ranges',
  title: 'engines and dependencies are asked for in ranges that end',
  check({ manifest }) {
    const engines = Object.entries(manifest.engines)
      .filter(([, range]) => isUnbounded(range))
      .map(([name, range]) => open(`[compatibility] ${name}_version = ${quote(range)}`));
    const plugins = Object.entries(manifest.dependencies)
      .filter(([, { range }]) => isUnbounded(range))
      .map(([name, { range }]) => open(`[dependencies.plugins] ${name} = ${quote(range)}`));
    return [...engines, ...plugins, ...Object.entries(manifest.packages).flatMap(packageFault)];
  },
};

function open(line: string): CheckFault {
  const message = `The range of ${line} has no upper end.`;
  return {
    severity: 'warning',
    path: AUTHOR_MANIFEST,
    message,
    fix: 'Write one, such as ">=0.3.0 <2" or "^1.2.0".',
  };
}

/** Packages are compared with advisories: what admits every version is affected by all of them. */
function packageFault([name, range]: readonly [string, string]): CheckFault[] {
  if (range.trim() !== '' && range.trim() !== '*') return [];
  const message = `The package ${quote(name)} is wanted in any version.`;
  return [
    {
      severity: 'warning',
      path: AUTHOR_MANIFEST,
      message,
      fix: 'Write the version that the plugin was built with.',
    },
  ];
}
