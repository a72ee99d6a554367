import { type ObjectRef, refOf, type Sha256, sha256 } from '../core/digest.ts';
import { SheafError } from '../core/errors.ts';
import type { LogEntry } from '../core/formats/install-log.ts';
import type { Instant } from '../core/instant.ts';
import type {
  ClientPorts,
  Clock,
  Downloader,
  IndexSource,
  InstallLog,
  ObjectStore,
  Prompt,
  Reporter,
  SourceHealth,
  UserFiles,
} from '../core/ports.ts';
import { healthiestFirst, isRecent, type UnhealthySource, withUnhealthy } from '../core/source-health.ts';

/** A clock that stands until a test sets it. */
export interface TestClock extends Clock {
  time: Instant;
}

/** A clock that stands at `time`. */
export function testClock(time: Instant): TestClock {
  return {
    time,
    now() {
      return this.time;
    },
  };
}

/** The object store in memory; `objects` may be edited. */
export interface MemoryStore extends ObjectStore {
  readonly objects: Map<Sha256, Uint8Array>;
}

/** An empty object store in memory. It has no paths, so `locate` finds nothing. */
export function memoryStore(): MemoryStore {
  const objects = new Map<Sha256, Uint8Array>();
  const read = async ({ sha256: digest }: { readonly sha256: Sha256 }): Promise<Uint8Array | undefined> => {
    const bytes = objects.get(digest);
    if (bytes === undefined || sha256(bytes) === digest) return bytes;
    objects.delete(digest);
    return undefined;
  };
  return {
    objects,
    read,
    async write(bytes) {
      const ref = refOf(bytes);
      objects.set(ref.sha256, bytes);
      return ref;
    },
    locate: () => Promise.resolve(undefined),
    async *list() {
      for (const bytes of objects.values()) yield refOf(bytes);
    },
    async remove(digest) {
      objects.delete(digest);
    },
  };
}

/** The user's files in memory; both may be edited. */
export interface MemoryUserFiles extends UserFiles {
  config: Uint8Array | undefined;
  readonly trust: Map<Sha256, Uint8Array>;
}

/** The files of a user who has none yet. */
export function memoryUserFiles(): MemoryUserFiles {
  const trust = new Map<Sha256, Uint8Array>();
  return {
    configPath: 'config.toml',
    config: undefined,
    trust,
    readConfig() {
      return Promise.resolve(this.config);
    },
    async writeConfig(bytes) {
      this.config = bytes;
    },
    readMachinePolicies: () => Promise.resolve([]),
    readTrust: (rootId) => Promise.resolve(trust.get(rootId)),
    async writeTrust(rootId, bytes) {
      trust.set(rootId, bytes);
    },
    async removeTrust(rootId) {
      trust.delete(rootId);
    },
    purgePluginData: () => Promise.resolve(false),
    readNoticeTime: () => Promise.resolve(undefined),
    writeNoticeTime: () => Promise.resolve(),
    exclusively: (work) => work(),
  };
}

/** Remembers what an operation said. */
export interface RecordingReporter extends Reporter {
  readonly notes: string[];
  readonly warnings: string[];
}

/** An install log that lives as long as the test. */
export function memoryInstallLog(): InstallLog {
  const entries: LogEntry[] = [];
  return {
    by: { user: 'tester', command: 'test' },
    async append(more) {
      entries.push(...more);
    },
    read: async () => ({ entries, unreadable: 0 }),
  };
}

/** A reporter that keeps everything. */
export function recordingReporter(): RecordingReporter {
  const notes: string[] = [];
  const warnings: string[] = [];
  return {
    notes,
    warnings,
    note: (message) => void notes.push(message),
    warn: (message) => void warnings.push(message),
    transfer: () => undefined,
  };
}

/** A person who gives the same answer to everything and remembers what was asked. */
export interface AnsweringPrompt extends Prompt {
  readonly questions: string[];
}

/** A prompt that answers; `nobody` refuses, as one without a terminal does. */
export function answeringPrompt(answer: 'yes' | 'no' | 'nobody'): AnsweringPrompt {
  const questions: string[] = [];
  return {
    questions,
    async confirm(question, flag) {
      questions.push(question);
      if (answer !== 'nobody') return answer === 'yes';
      throw new SheafError('SHEAF_CANCELLED', `Nobody can be asked: ${question}`, {
        hint: `Answer with ${flag}.`,
      });
    },
  };
}

/** A memory of addresses that lives as long as the test. */
export function memorySourceHealth(clock: Clock): SourceHealth {
  let unhealthy: readonly UnhealthySource[] = [];
  return {
    order: async (urls) => healthiestFirst(urls, unhealthy, clock.now()),
    async failed(url, { code, message }) {
      unhealthy = withUnhealthy(unhealthy, { url, since: clock.now(), code, message });
    },
    async worked(url) {
      unhealthy = unhealthy.filter((one) => one.url !== url);
    },
    list: async () => unhealthy.filter((one) => isRecent(one, clock.now())),
  };
}

/** Downloads from a map of URLs to bytes, with the checks that a real one makes. */
export function memoryDownloader(files: ReadonlyMap<string, Uint8Array>, store: ObjectStore): Downloader {
  return {
    async fetch(artifact, urls, label, onProgress): Promise<ObjectRef> {
      for (const url of urls) {
        const bytes = files.get(url);
        if (bytes === undefined) continue;
        if (sha256(bytes) !== artifact.sha256) {
          throw new SheafError('SHEAF_DIGEST', `${label} does not match its digest.`);
        }
        onProgress({ label, received: bytes.byteLength, total: bytes.byteLength, done: true });
        return store.write(bytes);
      }
      throw new SheafError('SHEAF_NETWORK', `${label} is at none of its addresses.`);
    },
  };
}

/** The ports of a client that lives in memory. What needs a directory is not among them. */
export interface MemoryPorts
  extends Omit<ClientPorts, 'project' | 'downloader' | 'local' | 'schemas' | 'programs' | 'builder'> {
  readonly clock: TestClock;
  readonly store: MemoryStore;
  readonly user: MemoryUserFiles;
  readonly reporter: RecordingReporter;
  readonly prompt: AnsweringPrompt;
}

/** A fresh client at `now` that opens sources with `openSource`. */
export function memoryPorts(
  now: Instant,
  openSource: (url: string) => IndexSource,
  options: { readonly answer?: 'yes' | 'no' | 'nobody'; readonly offline?: boolean } = {},
): MemoryPorts {
  const clock = testClock(now);
  return {
    clock,
    store: memoryStore(),
    user: memoryUserFiles(),
    reporter: recordingReporter(),
    log: memoryInstallLog(),
    prompt: answeringPrompt(options.answer ?? 'nobody'),
    openSource,
    health: memorySourceHealth(clock),
    platform: 'linux-x64',
    offline: options.offline ?? false,
    signal: new AbortController().signal,
  };
}
