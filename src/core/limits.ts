import { DAY, MINUTE, SECOND } from './instant.ts';

const KIB = 1024;
const MIB: number = 1024 * KIB;

/**
 * Every bound on outside data, in one table. Sizes are bytes **after** decompression, times are milliseconds,
 * everything else is a count. A bound is checked before the work that it bounds.
 */
export const LIMITS = {
  /** The file `latest`, only ever a hint. */
  latestBytes: 32,
  /** One armored signature. */
  signatureBytes: 4 * KIB,
  /** A root or owner file. */
  signersBytes: 64 * KIB,
  /** A checkpoint. */
  checkpointBytes: 16 * KIB,
  /** The object that a checkpoint names as `index`. */
  indexHeadBytes: 1 * MIB,
  /** One node, shard or other object below the index head. */
  indexObjectBytes: 16 * MIB,
  /** One manifest or plugin.toml. */
  manifestBytes: 256 * KIB,
  /** An artifact of unknown size (imported releases only). */
  artifactBytes: 512 * MIB,
  /** Root files followed in one update. */
  rootChain: 256,
  /** Owner files followed for one owner. */
  ownerChain: 256,
  /** Signatures read for one signers file. */
  signersPerFile: 64,
  /** Life of a checkpoint. */
  checkpointLife: 30 * DAY,
  /** How far in the future a checkpoint may have been issued before the local clock is suspected. */
  clockSkew: 5 * MINUTE,
  /** Remaining life below which a checkpoint gets a warning. */
  checkpointWarning: 3 * DAY,
  /** Checkpoint digests in one history block. */
  historyBlock: 256,

  /** Archive entries, files and directories together. */
  archiveEntries: 20_000,
  /** One unpacked file. */
  archiveFileBytes: 512 * MIB,
  /** All unpacked files together. */
  archiveTotalBytes: 1024 * MIB,
  /** Unpacked bytes for each packed byte, once more than a mebibyte is unpacked. */
  archiveRatio: 200,
  /** One path inside an archive, and one component of it, in UTF-8 bytes. */
  archivePathBytes: 512,
  archiveNameBytes: 255,
  /** Components of a path inside an archive. */
  archiveDepth: 32,

  connectTimeout: 10 * SECOND,
  /** A transfer slower than `stallBytes` in `stallTime` is broken off. */
  stallTime: 30 * SECOND,
  stallBytes: 1 * KIB,
  redirects: 5,
  /** Downloads at the same time. */
  parallelDownloads: 8,

  /** What the Git child process may use before it is killed. */
  gitMemoryBytes: 512 * MIB,
  gitPackBytes: 512 * MIB,
  gitObjects: 200_000,
  gitTime: 10 * MINUTE,
} as const;
