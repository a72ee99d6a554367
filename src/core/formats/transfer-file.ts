import type { Sha256 } from '../digest.ts';
import { type Report, readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { sorted, writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validateTransfer } from '../validators/transfer.generated.js';
import type { Version } from '../version.ts';

/**
 * A plugin goes from one owner to another: `transfer-<revision>.toml` beside its plugin.toml. It is written once
 * and kept for ever, because a client that was away for years must still be able to follow it, when plugin.toml
 * has long had further revisions.
 */
export interface TransferFile {
  readonly registry: string;
  readonly plugin: PluginName;
  /** Revision of plugin.toml from which it names the new owner. */
  readonly revision: number;
  readonly from: string;
  readonly to: string;
  /**
   * Every release so far with the digest of its manifest. What the owner before has signed stays good by this
   * list only, so their keys can release nothing more.
   */
  readonly releases: Readonly<Record<Version, Sha256>>;
}

/** The file as `schemas/transfer.schema.json` accepts it. */
interface TransferToml {
  readonly transfer: {
    readonly registry: string;
    readonly plugin: string;
    readonly revision: number;
    readonly from: string;
    readonly to: string;
  };
  readonly releases?: Readonly<Record<string, string>>;
}

/** What the place of a transfer says about it. */
export interface ExpectedTransfer {
  readonly registry: string;
  readonly plugin: PluginName;
  readonly revision: number;
}

/** Reads a transfer. */
export function readTransferFile(
  bytes: Uint8Array,
  file: string,
  expected: ExpectedTransfer,
): Reading<TransferFile> {
  const parsed = parseToml(bytes, file, { maxBytes: LIMITS.manifestBytes });
  return readDocument(parsed, validateTransfer, (document, report) => {
    const { transfer, releases = {} } = document.value as unknown as TransferToml;
    judgePlace(transfer, report, expected);
    return {
      registry: transfer.registry,
      plugin: transfer.plugin as PluginName,
      revision: transfer.revision,
      from: transfer.from,
      to: transfer.to,
      releases: { ...releases } as Readonly<Record<Version, Sha256>>,
    };
  });
}

/** Writes a transfer as {@link readTransferFile} reads it. */
export function writeTransferFile(file: TransferFile): Uint8Array {
  const { registry, plugin, revision, from, to, releases } = file;
  return writeToml({ transfer: { registry, plugin, revision, from, to }, releases: sorted(releases) });
}

function judgePlace(transfer: TransferToml['transfer'], report: Report, expected: ExpectedTransfer): void {
  for (const key of ['registry', 'plugin', 'revision'] as const) {
    if (transfer[key] === expected[key]) continue;
    report(
      ['transfer', key],
      `${key}-mismatch`,
      `The ${key} is ${quote(String(transfer[key]))}, but ${quote(String(expected[key]))} belongs here.`,
      'Make the transfer anew with sheaf owner transfer, and let both owners sign it.',
    );
  }
  if (transfer.from !== transfer.to) return;
  report(
    ['transfer', 'to'],
    'same-owner',
    `${quote(transfer.to)} has the plugin already.`,
    'Name another owner.',
  );
}
