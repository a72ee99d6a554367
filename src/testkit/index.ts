/**
 * A world to test against: a registry that really signs, ports that live in memory, and servers on loopback.
 * For sheaf's own tests and for those of hosts and registries.
 */
export {
  type GeneratedFile,
  type GeneratedRegistry,
  type GeneratorOptions,
  generateRegistry,
} from './generate-registry.ts';
export { testKey } from './keys.ts';
export { type LoopbackServer, listenOnLoopback } from './loopback-server.ts';
export {
  type AnsweringPrompt,
  answeringPrompt,
  type MemoryPorts,
  type MemoryStore,
  type MemoryUserFiles,
  memoryDownloader,
  memoryPorts,
  memorySourceHealth,
  memoryStore,
  memoryUserFiles,
  type RecordingReporter,
  recordingReporter,
  type TestClock,
  testClock,
} from './memory-ports.ts';
export { type FileMap, memorySource, memoryTree, unreachableSource } from './memory-source.ts';
export type { PluginShape, RegistryShape } from './registry-shape.ts';
export { RegistrySimulator, type SimulatedRoot, type SimulatorOptions } from './registry-simulator.ts';
export { serveDirectory } from './serve-directory.ts';
export { serveGit } from './serve-git.ts';
export type { SimulatedRelease } from './simulated-release.ts';
export { type TemporaryDirectory, temporaryDirectory, writeTree } from './temporary-directory.ts';
