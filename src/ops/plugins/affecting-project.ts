import type { AuditFinding, AuditKind } from '../../core/advisories/audit-finding.ts';
import { SheafError } from '../../core/errors.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { configuredRegistries } from '../registries/configured-registries.ts';
import { openRegistry } from '../registries/open-registry.ts';
import { type AuditPorts, audit } from './audit.ts';
import { readProject } from './project-view.ts';

/** What registries say, and not what a project is. */
const NEWS: ReadonlySet<AuditKind> = new Set([
  'malware',
  'revoked-key',
  'quarantine',
  'unknown-release',
  'advisory',
  'package-advisory',
  'yanked',
  'deprecated',
]);

/**
 * What registries say against the locked plugins of this project, after they were synchronised. Looking it up
 * also brings everything onto this machine that `sheaf audit` and `sheaf verify` need without a network. What
 * keeps it from being known is told as a warning: the registries are up to date all the same.
 */
export async function affectingProject(
  ports: AuditPorts & Pick<ClientPorts, 'reporter'>,
): Promise<readonly AuditFinding[]> {
  try {
    await fetchLocked(ports);
    const { findings } = await audit(ports);
    return findings.filter(({ kind }) => NEWS.has(kind));
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    // Nothing installed yet is no news.
    if (error.code !== 'SHEAF_LOCK_OUTDATED') {
      ports.reporter.warn(`Whether advisories concern this project is not known: ${error.message}`);
    }
    return [];
  }
}

/** Brings what proves the locked releases into the store. What is wrong with one, an audit or verify says. */
async function fetchLocked(ports: AuditPorts): Promise<void> {
  const { lock } = await readProject(ports);
  for (const registry of await configuredRegistries(ports)) {
    const locked = lock?.registries.find(({ id }) => id === registry.id);
    const plugins = (lock?.plugins ?? []).filter((plugin) => plugin.registry === registry.id);
    if (locked === undefined || plugins.length === 0) continue;
    const open = await openRegistry(ports, registry, { allowStale: true });
    await Promise.all(
      plugins.map(async ({ name, version, owner }) => {
        const circumstances = { lockedAt: locked.checkpoint, lockedOwner: owner.name };
        await open.release(name, version, circumstances).catch(unlessFault);
      }),
    );
  }
}

function unlessFault(error: unknown): void {
  if (!(error instanceof SheafError)) throw error;
}
