import { readDocument } from '../documents/file-reading.ts';
import { parseJsonDocument } from '../documents/json-document.ts';
import type { Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { validate as validateSettings } from '../validators/publish-settings.generated.js';

/**
 * What was said to `sheaf publish` last, as it was said, for the next time: `.sheaf/publish/settings.json`. It names
 * a key by its path and never holds one.
 */
export interface PublishSettings {
  readonly to?: string;
  readonly owner?: string;
  readonly key?: string;
  readonly host?: string;
  readonly releaseUrl?: string;
  readonly transport?: string;
  readonly fork?: string;
  readonly platform?: string;
  readonly githubId?: number;
  readonly gitlabId?: number;
  readonly repositories?: readonly string[];
}

/** Reads the settings. */
export function readPublishSettings(bytes: Uint8Array, file: string): Reading<PublishSettings> {
  const parsed = parseJsonDocument(bytes, file, { maxBytes: LIMITS.textFileBytes, maxDepth: 4 });
  return readDocument(parsed, validateSettings, (document) => {
    const { schema: _, ...settings } = document.value;
    return settings;
  });
}

/** Writes settings as {@link readPublishSettings} reads them. */
export function writePublishSettings(settings: PublishSettings): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ schema: 1, ...settings }, null, 2)}\n`);
}
