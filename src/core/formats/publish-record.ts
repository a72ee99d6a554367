import { defined } from '../defined.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseJsonDocument } from '../documents/json-document.ts';
import type { Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { PluginName } from '../plugin-name.ts';
import type { StepRecords } from '../publishing/plan-publication.ts';
import { validate as validateRecord } from '../validators/publish-record.generated.js';
import type { Version } from '../version.ts';

/** An artifact that was packed on another machine. */
export interface GivenArtifact {
  readonly platform: Platform;
  /** Absolute path. */
  readonly file: string;
}

/** How far the publication of one version has come: `.sheaf/publish/<version>.json`. */
export interface PublishRecord {
  readonly name: PluginName;
  readonly version: Version;
  readonly steps: StepRecords;
  /** What was given in place of what the folder would be packed to. */
  readonly given: readonly GivenArtifact[];
  /** The packed artifacts: files of the folder of the version, and where each is published. */
  readonly artifacts: readonly { readonly file: string; readonly url: string }[];
  /** Files of the registry that are proposed without being signed themselves. */
  readonly unsigned: readonly string[];
  /** Those that are signed, with where their signatures are. */
  readonly signed: Readonly<Record<string, string>>;
  /** The change that was opened. */
  readonly proposal?: { readonly branch: string; readonly url?: string; readonly commit?: string };
}

/** The file as `schemas/publish-record.schema.json` accepts it. */
type RecordJson = Pick<PublishRecord, 'name' | 'version' | 'steps'> & Partial<PublishRecord>;

/** The record of a version of which nothing has been done. */
export function newPublishRecord(name: PluginName, version: Version): PublishRecord {
  return { name, version, steps: {}, given: [], artifacts: [], unsigned: [], signed: {} };
}

/** Reads a record. */
export function readPublishRecord(bytes: Uint8Array, file: string): Reading<PublishRecord> {
  const parsed = parseJsonDocument(bytes, file, { maxBytes: LIMITS.textFileBytes, maxDepth: 8 });
  return readDocument(parsed, validateRecord, (document) => {
    const { name, version, steps, proposal, ...known } = document.value as unknown as RecordJson;
    const { given = [], artifacts = [], unsigned = [], signed = {} } = known;
    return defined({ name, version, steps, given, artifacts, unsigned, signed: { ...signed }, proposal });
  });
}

/** Writes a record as {@link readPublishRecord} reads it. */
export function writePublishRecord(record: PublishRecord): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ schema: 1, ...record }, null, 2)}\n`);
}
