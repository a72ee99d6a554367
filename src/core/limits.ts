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
  /** What one registry may have taken away from plugins, as the machine remembers it. */
  restrictionBytes: 1_048_576, // 1 MiB
  /** A checkpoint. */
  checkpointBytes: 16_384, // 16 KiB
  /** The object that a checkpoint names as `index`. */
  indexHeadBytes: 1_048_576, // 1 MiB
  /** One node, shard or other object below the index head. */
  indexObjectBytes: 16_777_216, // 16 MiB
  /** Signed files of one plugin that share a bundle. */
  bundleBytes: 131_072, // 128 KiB
  /** One advisory of a public database; those of its own a registry keeps as small as manifests. */
  osvFileBytes: 4_194_304, // 4 MiB
  /** One manifest or plugin.toml. */
  manifestBytes: 262_144, // 256 KiB
  /** A TOML or JSON file that people write and that has no bound of its own: lock, configuration, policies. */
  textFileBytes: 4_194_304, // 4 MiB
  /** How long all tests, trials and measurements of one submitted release may take. */
  measuringTime: 1_200_000, // 20 minutes
  /** What a job that runs plugins says of the releases of a change. */
  measurementBytes: 4_194_304, // 4 MiB
  /** Tables and lists inside each other in such a file. */
  textFileDepth: 32,
  /** The JSON Schema of a plugin's configuration, and how long it may take to compile and apply it. */
  configSchemaBytes: 65_536, // 64 KiB
  configSchemaTime: 2_000,
  /** Size at which the install log is put aside and a new one begins. */
  installLogBytes: 1_048_576, // 1 MiB
  /** Findings reported for one file. */
  findingsPerFile: 100,
  /** The summary of a job on GitHub: a longer one is not shown at all. */
  jobSummaryBytes: 1_048_576, // 1 MiB
  /** Comparisons of version sets in one resolution before it is given up. */
  resolutionSteps: 20_000_000,
  /** Characters of a query that are read, and words of it that are looked up. */
  queryLength: 1_024,
  queryWords: 24,
  /** How long a command waits for another one that holds a lock. */
  lockWait: 600_000, // 10 minutes
  /** An artifact of unknown size (imported releases only). */
  artifactBytes: 536_870_912, // 512 MiB
  /** One file of another ecosystem's list. */
  importListBytes: 67_108_864, // 64 MiB
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
  /** The digests of all its files, beside an installed plugin. */
  fileDigestsBytes: 16_777_216, // 16 MiB
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
  /** How long an address that failed is asked last, how many are remembered, and how much of why. */
  sourceDistrust: 3_600_000, // 1 hour
  sourcesRemembered: 64,
  sourceFailureLength: 500,
  /** The file of them. */
  sourcesBytes: 262_144, // 256 KiB
  /** Age of a checkpoint from which other addresses are asked, too: one is signed every day. */
  checkpointAge: 172_800_000, // 2 days
  /** How often one run of a publication does a step, while the author's files change. */
  publishAttempts: 2,
  /** Between two looks at the checks of a proposal. */
  followInterval: 10_000,
  /** How long a proposal is followed when nobody says otherwise. */
  followTime: 1_800_000, // 30 minutes
  /** Downloads at the same time. */
  parallelDownloads: 8,
  /** Of an artifact that is submitted to a registry: how long it may take to arrive, and all its unpacked files. */
  examinationTime: 600_000, // 10 minutes
  examinedBytes: 536_870_912, // 512 MiB
  /** The sigstore bundle of an artifact. */
  attestationBytes: 1_048_576, // 1 MiB

  /** What the Git child process may use before it is killed. */
  gitMemoryBytes: 536_870_912, // 512 MiB
  gitPackBytes: 536_870_912, // 512 MiB
  gitObjects: 200_000,
  gitTime: 600_000, // 10 minutes
  /** The file that a forge puts beside a workflow run. */
  eventBytes: 26_214_400, // 25 MiB, the most that GitHub sends
  /** How often a commit is made anew because somebody else pushed first. */
  pushAttempts: 16,

  /** One message of plugin protocol 1, without its line feed. */
  protocolLineBytes: 1_048_576, // 1 MiB
  /** Lists and objects inside each other in a message: whoever walks through one must not run out of stack. */
  protocolDepth: 256,
  /** Requests of one side that wait for an answer. */
  protocolInFlight: 64,
  /** What a plugin may leave unread before it counts as broken: every request and answer at its longest. */
  protocolBacklogBytes: 134_217_728, // 128 MiB
  /** Commands and capabilities that a plugin may name when it is initialized. */
  protocolNames: 256,
  /** How long a plugin may take to answer `initialize`, to end after `shutdown`, and to heed `cancel`. */
  initializeTime: 5_000,
  shutdownTime: 1_000,
  cancelTime: 1_000,
  /** How long a call may take: without a budget; at least; and in multiples of its budget. */
  callTime: 30_000,
  leastCallTime: 100,
  callBudgets: 20,
  /** The end of a plugin's standard error that is kept, and one message of its log. */
  pluginErrorBytes: 65_536, // 64 KiB
  pluginLogLength: 4_096,
  /** Messages that a plugin may log in one call; later ones are dropped. */
  pluginLogs: 1_000,

  /** One wasm module or JavaScript plugin. */
  moduleBytes: 33_554_432, // 32 MiB
  /** What is read of a wasm module: sections, types, functions, imports, exports, and parameters of one type. */
  wasmSections: 1_024,
  wasmTypes: 65_536,
  wasmFunctions: 1_000_000,
  wasmImports: 1_024,
  wasmExports: 4_096,
  wasmParameters: 1_000,
  /** Tables of a wasm module, and elements of one; each element costs the process about 16 bytes. */
  wasmTables: 8,
  wasmTableElements: 65_536,
  /** Test and benchmark files that a released plugin carries, and all of them together. */
  carriedFiles: 64,
  carriedBytes: 262_144, // 256 KiB
  /** Linear memory of a wasm plugin whose manifest states no `max_memory_mb`. */
  pluginMemoryBytes: 67_108_864, // 64 MiB
  /** Files, pipes and sockets that a sandboxed process may have open. */
  pluginOpenFiles: 256,
  /** What a native process has beyond the memory that its manifest states: libraries and stacks; Node has more. */
  nativeOwnMemoryBytes: 33_554_432, // 32 MiB
  nodeOwnMemoryBytes: 268_435_456, // 256 MiB
  /** The seccomp.json that a native plugin may bring. */
  seccompFileBytes: 16_384, // 16 KiB
  /** The directory that a native plugin may write, and processes and threads that it may start. */
  nativeWorkdirBytes: 67_108_864, // 64 MiB
  nativeProcesses: 64,
  /** How long a build from source may take; what it may write, which is memory, too; the memory of each process. */
  buildTime: 120_000,
  buildWorkdirBytes: 2_147_483_648, // 2 GiB
  buildMemoryBytes: 2_147_483_648, // 2 GiB
  /** Processes and threads of a build, and files that each may have open. */
  buildProcesses: 256,
  buildOpenFiles: 1_024,
  /** What a build may leave, and the lines of its log that are shown when it fails. */
  builtFileBytes: 268_435_456, // 256 MiB
  buildLogLines: 20,
  /** Blank runners that a host keeps ready. */
  warmRunners: 2,
  /** Processor seconds of a plugin that says it keeps a processor busy, for the life of its process. */
  cpuIntensiveSeconds: 3_600,
  /** How often a plugin that failed is loaded again, in which time, and the delay before the second time. */
  reloads: 3,
  reloadWindow: 300_000, // 5 minutes
  reloadDelay: 1_000,
  /** How often a host that runs on asks whether its plugins may. */
  banCheckTime: 300_000, // 5 minutes
  /** Plugins that a host brings up at the same time when it is not told how many. */
  parallelLoads: 4,
  /** The least budget of a call in an author's tests, in microseconds: the call is ended after 20 times that. */
  testBudgetUs: 100_000,
  /** How long a scan for malware may take, most of which is loading its database, and what it may say. */
  malwareScanTime: 600_000, // 10 minutes
  malwareScanOutputBytes: 16_777_216, // 16 MiB
  /** Libraries that a native program may name, and sections and segments that are looked through for them. */
  nativeImports: 256,
  nativeHeaders: 4_096,
  /** How long a compiler may take that an author starts. */
  toolTime: 600_000, // 10 minutes
  /** One page of a forge's list of releases, and how many of them are read for one repository. */
  forgePageBytes: 16_777_216, // 16 MiB
  forgePages: 50,
  /** How often a forge is asked that answers with an error of its own, and the delay before the second time. */
  forgeAttempts: 3,
  forgeDelay: 1_000,
  /** How long a fork may take to be there: GitHub makes it in the background. */
  forkTime: 300_000, // 5 minutes
  /** How long `gh` may take to tell the token that it keeps, and what it may say. */
  ghTime: 10_000,
  ghOutputBytes: 65_536, // 64 KiB
  /** Files that one change of a registry may touch, and bytes of one of them that are read: a manifest's. */
  changedFiles: 1_000,
  changedFileBytes: 262_144, // 256 KiB
  /** Plugins that a release may need, directly or not, before it is not followed further. */
  neededPlugins: 1_000,
  /** Plugins named as easily mistaken for a new one. */
  nearNames: 10,
  /** Plugins that are shown as trending. */
  trendingPlugins: 10,
  /** Records of a plugin's log that its host keeps. */
  pluginLogKept: 200,
} as const;
