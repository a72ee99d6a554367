import type { Report } from './documents/file-reading.ts';
import { quote } from './text.ts';
import { isVersion, type Version } from './version.ts';

/** The engines of a host: name (`parseltongue`, `node`) to the version that is there. */
export type Engines = Readonly<Record<string, Version>>;

/** The engines of an `[engines]` table that its schema admitted; reports versions that are none. */
export function enginesOf(table: Readonly<Record<string, string>>, report: Report): Engines {
  for (const [engine, version] of Object.entries(table)) {
    if (isVersion(version)) continue;
    report(
      ['engines', engine],
      'engine-version',
      `${engine} has ${quote(version)}, which is not a version.`,
      'Write the exact version that is there, such as "1.70.0".',
    );
  }
  return table as Engines;
}
