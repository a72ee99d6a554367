import { type Advisory, type AffectedPackage, PLUGIN_ECOSYSTEM } from '../formats/advisory.ts';
import type { Manifest } from '../formats/manifest.ts';
import { rangesOverlap } from '../version.ts';

/** An advisory about a package that a plugin may contain. */
export interface PackageRisk {
  readonly advisory: Advisory;
  readonly affected: AffectedPackage;
  /** The versions that the manifest asks for, as it writes them. */
  readonly asked: string;
}

/** Which engine stands for a toolchain, and where its packages come from. */
const TOOLCHAINS: Readonly<Record<string, string>> = { rust: 'crates.io', node: 'npm', go: 'Go' };

/**
 * The advisories about packages of `[dependencies]` in a manifest, where the versions that it asks for and those
 * that are affected have any in common: which one was built in, nobody has stated, so a doubt counts against it.
 */
export function packageRisks(
  { packages, engines }: Pick<Manifest, 'packages' | 'engines'>,
  advisories: readonly Advisory[],
): readonly PackageRisk[] {
  const stated = Object.keys(engines).flatMap((engine) => TOOLCHAINS[engine] ?? []);
  return advisories
    .filter(({ withdrawn }) => withdrawn === undefined)
    .flatMap((advisory) =>
      advisory.affected.flatMap((affected): PackageRisk[] => {
        const { ecosystem, name } = affected.package;
        const asked = Object.hasOwn(packages, name) ? packages[name] : undefined;
        if (asked === undefined || ecosystem.startsWith(PLUGIN_ECOSYSTEM)) return [];
        if (stated.length > 0 && !stated.includes(ecosystem)) return [];
        return mayInclude(asked, affected) ? [{ advisory, affected, asked }] : [];
      }),
    );
}

/** Whether any advisory is about a package of another ecosystem, so that manifests have to be looked at. */
export function concernsPackages(advisories: readonly Advisory[]): boolean {
  return advisories.some(({ affected }) =>
    affected.some((entry) => !entry.package.ecosystem.startsWith(PLUGIN_ECOSYSTEM)),
  );
}

function mayInclude(asked: string, affected: AffectedPackage): boolean {
  // For cargo a bare version is a caret requirement ("Specifying Dependencies"); npm means that version alone.
  const isBare = affected.package.ecosystem === 'crates.io' && /^[0-9]/.test(asked);
  const range = isBare ? `^${asked}` : asked;
  return affectedRanges(affected).some((bad) => rangesOverlap(range, bad));
}

/** The affected versions as ranges in npm's grammar. */
function affectedRanges({ versions = [], ranges = [] }: AffectedPackage): readonly string[] {
  return [
    ...versions,
    ...ranges.flatMap(({ events }) => {
      const found: string[] = [];
      let from: string | undefined;
      for (const { introduced, fixed, last_affected: last } of events) {
        if (introduced !== undefined) from ??= introduced === '0' ? '0.0.0-0' : introduced;
        const end = fixed === undefined ? last : fixed;
        if (from === undefined || end === undefined) continue;
        found.push(`>=${from} ${fixed === undefined ? '<=' : '<'}${end}`);
        from = undefined;
      }
      return from === undefined ? found : [...found, `>=${from}`];
    }),
  ];
}
