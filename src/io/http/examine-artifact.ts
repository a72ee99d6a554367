import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, SheafError } from '../../core/errors.ts';
import type { Artifact } from '../../core/formats/manifest.ts';
import { LIMITS } from '../../core/limits.ts';
import { pluginName } from '../../core/plugin-name.ts';
import type { ExamineArtifact } from '../../core/submission-ports.ts';
import type { ExaminedArtifact } from '../../core/submissions/change.ts';
import { quote } from '../../core/text.ts';
import { artifactFiles } from '../archives/artifact-files.ts';
import { toSheafError } from '../files.ts';
import { createObjectStore } from '../object-store.ts';
import { createDownloader } from './downloader.ts';
import { fetchFile } from './fetch-file.ts';
import type { Http } from './http.ts';

/** How artifacts of strangers are fetched. */
export interface ExaminationOptions {
  /**
   * With a guard, and without credentials: an address that somebody submits is asked what everybody may know.
   *
   * @param signal breaks off everything that it fetches.
   */
  readonly openHttp: (signal: AbortSignal) => Http;
  readonly signal?: AbortSignal;
  /** Milliseconds for one artifact, `LIMITS.examinationTime` when absent. */
  readonly time?: number;
}

/** What is wrong with the artifact, and not with this machine. */
const PROBLEMS: ReadonlySet<ErrorCode> = new Set([
  'SHEAF_NETWORK',
  'SHEAF_AUTHENTICATION',
  'SHEAF_USAGE',
  'SHEAF_SIZE',
  'SHEAF_DIGEST',
  'SHEAF_ARCHIVE',
]);

/** Fetches artifacts as users would, into a directory of their own that is gone afterwards, and opens them. */
export function createArtifactExamination(options: ExaminationOptions): ExamineArtifact {
  return async (artifact) => {
    const time = options.time ?? LIMITS.examinationTime;
    const watchdog = new AbortController();
    const timer = setTimeout(() => watchdog.abort(), time);
    const signal = AbortSignal.any([
      watchdog.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ]);
    const http = options.openHttp(signal);
    try {
      return await examine(artifact, http, signal);
    } catch (error) {
      // What is broken off ends in more than one way; that it was is the only reason.
      if (watchdog.signal.aborted) return { artifact, problem: tooSlow(artifact, time) };
      throw error;
    } finally {
      clearTimeout(timer);
      await http.close();
    }
  };
}

async function examine(artifact: Artifact, http: Http, signal: AbortSignal): Promise<ExaminedArtifact> {
  const files = await orProblem(() => fetchAndOpen(artifact, http, signal));
  if (files instanceof SheafError) return { artifact, problem: files };
  const { attestation } = artifact;
  if (attestation === undefined) return { artifact, files };
  return { artifact, files, attestation: await orProblem(() => fetchAttestation(attestation, http)) };
}

async function fetchAndOpen(
  artifact: Artifact,
  http: Http,
  signal: AbortSignal,
): Promise<NonNullable<ExaminedArtifact['files']>> {
  requireWeb(artifact.url);
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-examination-')).catch((error: unknown) => {
    throw toSheafError(error, 'creating a temporary directory');
  });
  try {
    // A store of its own: a file that a cache has would hide that nobody can fetch it any more.
    const store = createObjectStore(directory);
    const downloader = createDownloader({ http, store, directory, signal });
    const ref = await downloader.fetch(artifact, [artifact.url], nameOf(artifact.url), () => undefined);
    const path = await store.locate(ref);
    if (path === undefined) throw new SheafError('SHEAF_INTERNAL', 'A downloaded file is gone.');
    // Where the author gives a program no name, it is that of the plugin, which does not matter here.
    return await artifactFiles({ plugin: pluginName('program'), artifact, path }, LIMITS.examinedBytes);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fetchAttestation(url: string, http: Http): Promise<Uint8Array> {
  requireWeb(url);
  const bytes = await fetchFile(http, url, LIMITS.attestationBytes);
  if (bytes !== undefined) return bytes;
  throw new SheafError('SHEAF_NETWORK', `${new URL(url).host} does not have the attestation.`);
}

/** Downloads read files of this machine, too; no stranger may name one. */
function requireWeb(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  throw new SheafError('SHEAF_USAGE', `${quote(url)} is not an https address.`);
}

async function orProblem<T>(work: () => Promise<T>): Promise<T | SheafError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SheafError && PROBLEMS.has(error.code)) return error;
    throw error;
  }
}

function tooSlow({ url }: Artifact, time: number): SheafError {
  return new SheafError('SHEAF_NETWORK', `${quote(nameOf(url))} did not arrive within ${time / 1000} s.`, {
    hint: 'Publish it where it can be downloaded faster.',
  });
}

function nameOf(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : url;
  return path.slice(path.lastIndexOf('/') + 1) || url;
}
