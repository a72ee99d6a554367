/**
 * Every bound on outside data, in one table. Sizes are bytes **after** decompression, times are milliseconds,
 * everything else is a count. A bound is checked before the work that it bounds.
 */
export const LIMITS = {
  /** The file `latest`, only ever a hint. */
  latestBytes: 32,
  /** One armored signature. */
  signatureBytes: 4_096,
  /** A root or owner file. */
  signersBytes: 65_536, // 64 KiB
  /** The file of revoked keys. */
  revokedBytes: 1_048_576, // 1 MiB
  /** A checkpoint. */
  checkpointBytes: 16_384, // 16 KiB
  /** The object that a checkpoint names as `index`. */
  indexHeadBytes: 1_048_576, // 1 MiB
  /** One node, shard or other object below the index head. */
  indexObjectBytes: 16_777_216, // 16 MiB
  /** Signed files of one plugin that share a bundle. */
  bundleBytes: 131_072, // 128 KiB
  /** One manifest or plugin.toml. */
  manifestBytes: 262_144, // 256 KiB
  /** A TOML or JSON file that people write and that has no bound of its own: lock, configuration, policies. */
  textFileBytes: 4_194_304, // 4 MiB
  /** Tables and lists inside each other in such a file. */
  textFileDepth: 32,
  /** The JSON Schema of a plugin's configuration, and how long it may take to compile and apply it. */
  configSchemaBytes: 65_536, // 64 KiB
  configSchemaTime: 2_000,
  /** Findings reported for one file. */
  findingsPerFile: 100,
  /** Comparisons of version sets in one resolution before it is given up. */
  resolutionSteps: 20_000_000,
  /** Characters of a query that are read, and words of it that are looked up. */
  queryLength: 1_024,
  queryWords: 24,
  /** How long a command waits for another one that holds a lock. */
  lockWait: 600_000, // 10 minutes
  /** An artifact of unknown size (imported releases only). */
  artifactBytes: 536_870_912, // 512 MiB
  /** Root files followed in one update. */
  rootChain: 256,
  /** Owner files followed for one owner. */
  ownerChain: 256,
  /** Signatures read for one signers file. */
  signersPerFile: 64,
  /** Life of a checkpoint. */
  checkpointLife: 2_592_000_000, // 30 days
  /** How far in the future a checkpoint may have been issued before the local clock is suspected. */
  clockSkew: 300_000, // 5 minutes
  /** Remaining life below which a checkpoint gets a warning. */
  checkpointWarning: 259_200_000, // 3 days
  /** Releases up to which the Git branch carries the manifest bundles: many small objects overwhelm its clients. */
  releasesWithBundlesOnGit: 20_000,
  /** Checkpoint digests in one history block. */
  historyBlock: 256,

  /** Archive entries, files and directories together. */
  archiveEntries: 20_000,
  /** One unpacked file. */
  archiveFileBytes: 536_870_912, // 512 MiB
  /** All unpacked files together. */
  archiveTotalBytes: 1_073_741_824, // 1 GiB
  /** Unpacked bytes for each packed byte, once more than a mebibyte is unpacked. */
  archiveRatio: 200,
  /** One path inside an archive, and one component of it, in UTF-8 bytes. */
  archivePathBytes: 512,
  archiveNameBytes: 255,
  /** Components of a path inside an archive. */
  archiveDepth: 32,

  connectTimeout: 10_000,
  /** A transfer that stays below `stallBytes` per second for `stallTime` is broken off. */
  stallTime: 30_000,
  stallBytes: 1_024,
  redirects: 5,
  /** Downloads at the same time. */
  parallelDownloads: 8,

  /** What the Git child process may use before it is killed. */
  gitMemoryBytes: 536_870_912, // 512 MiB
  gitPackBytes: 536_870_912, // 512 MiB
  gitObjects: 200_000,
  gitTime: 600_000, // 10 minutes
} as const;
