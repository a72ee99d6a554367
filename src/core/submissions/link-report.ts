import { formatInstant, type Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import { escapeMarkdown } from '../text.ts';
import type { Version } from '../version.ts';

/** An address that no longer gives what the release says. */
export interface BrokenLink {
  readonly plugin: PluginName;
  readonly version: Version;
  readonly url: string;
  /** One sentence. */
  readonly problem: string;
}

/** What a look at the addresses of a registry came to. */
export interface LinkReport {
  readonly registry: string;
  readonly generated: Instant;
  /** Artifacts of all releases. */
  readonly total: number;
  /** Artifacts that were fetched. */
  readonly checked: number;
  /** By plugin and version. */
  readonly broken: readonly BrokenLink[];
}

// Forges take 65,536 characters.
const SHOWN = 200;

/** The text of an issue about release addresses that no longer give what was signed. */
export function writeLinkReport({ registry, generated, checked, total, broken }: LinkReport): Uint8Array {
  const hidden = broken.length - SHOWN;
  const lines = [
    `As of ${formatInstant(generated)}, ${checked} of ${total} artifacts of ${registry} were fetched from where their authors published them. ${broken.length} are not what was signed, or are not there.`,
    '',
    ...broken
      .slice(0, SHOWN)
      .map(({ plugin, version, problem }) => `- ${plugin} ${version}: ${escapeMarkdown(problem)}`),
    ...(hidden > 0 ? [`- ${hidden} more have no room here.`] : []),
    '',
    'Clients refuse other bytes, and take these from a mirror where one has them. An author can upload the signed file again; otherwise yank the release.',
  ];
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
}
