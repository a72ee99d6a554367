import { SheafError } from '../core/errors.ts';
import { valueOf } from '../core/finding.ts';
import { readConfig } from '../core/formats/config-file.ts';
import { formatInstant } from '../core/instant.ts';
import { LIMITS } from '../core/limits.ts';
import type { ClientPorts, Programs } from '../core/ports.ts';
import { lockFault } from '../core/resolution/lock-status.ts';
import { readProject } from './plugins/project-view.ts';
import { rulesOf } from './plugins/rules.ts';
import { configuredRegistries, knownTrust } from './registries/configured-registries.ts';
import { openRegistry } from './registries/open-registry.ts';

/** One thing that was looked at. */
export interface Diagnosis {
  /** What it is about: `configuration`, `registry acme`, `project`, `git`. */
  readonly subject: string;
  readonly status: 'ok' | 'warning' | 'error';
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}

type DoctorPorts = ClientPorts & { readonly programs: Programs };

/**
 * Looks at everything sheaf depends on here: configuration, trust in each registry, project, helper programs.
 * Asks no network and changes nothing; what is wrong is data, not an error.
 */
export async function doctor(ports: DoctorPorts): Promise<readonly Diagnosis[]> {
  return [
    ...(await registryDiagnoses(ports)),
    ...(await sourceDiagnoses(ports)),
    await diagnose('project', () => projectDiagnosis(ports)),
    await programDiagnosis(ports, 'git', 'registries over ssh and from local repositories cannot be read'),
    await programDiagnosis(ports, 'ssh-keygen', 'keys cannot be created, nor used from an agent'),
  ];
}

type Judgement = Omit<Diagnosis, 'subject'>;

async function diagnose(subject: string, look: () => Promise<Judgement>): Promise<Diagnosis> {
  try {
    return { subject, ...(await look()) };
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    const { message, hint } = error;
    return { subject, status: 'error', message, ...(hint === undefined ? {} : { fix: hint }) };
  }
}

async function registryDiagnoses(ports: DoctorPorts): Promise<readonly Diagnosis[]> {
  const configuration = await diagnose('configuration', async () => {
    const bytes = await ports.user.readConfig();
    valueOf(readConfig(bytes ?? new Uint8Array(), ports.user.configPath));
    const where = ports.user.configPath;
    return {
      status: 'ok',
      message: bytes === undefined ? `${where} is not there yet.` : `${where} is in order.`,
    };
  });
  if (configuration.status === 'error') return [configuration];
  const registries = await configuredRegistries(ports);
  const diagnoses = registries.map((registry) =>
    diagnose(`registry ${registry.alias}`, async () => {
      const forks = (await knownTrust(ports, registry))?.evidence.filter(({ kind }) => kind === 'fork') ?? [];
      if (forks.length > 0) {
        return {
          status: 'error',
          message: 'It has shown two histories that exclude each other.',
          fix: 'Install nothing from it before its maintainers have explained that.',
        };
      }
      const { checkpoint } = await openRegistry(ports, registry);
      const expires = formatInstant(checkpoint.value.expires);
      const isAging = checkpoint.value.expires - ports.clock.now() < LIMITS.checkpointWarning;
      return isAging
        ? {
            status: 'warning',
            message: `Its checkpoint expires at ${expires}.`,
            fix: `Run: sheaf sync ${registry.alias}.`,
          }
        : {
            status: 'ok',
            message: `Checkpoint ${checkpoint.epoch}-${checkpoint.version} is valid until ${expires}.`,
          };
    }),
  );
  if (registries.length > 0) return [configuration, ...(await Promise.all(diagnoses))];
  const none: Diagnosis = {
    subject: 'registries',
    status: 'warning',
    message: 'No registry is configured.',
    fix: 'Add one with: sheaf registry add URL.',
  };
  return [configuration, none];
}

/** Addresses that are asked last for a while. */
async function sourceDiagnoses({ health }: DoctorPorts): Promise<readonly Diagnosis[]> {
  return (await health.list()).map(({ url, since, message }) => ({
    subject: `address ${url}`,
    status: 'warning',
    message: `It was of no use at ${formatInstant(since)}: ${message}`,
    fix: `Others are asked first until ${formatInstant(since + LIMITS.sourceDistrust)}; nothing is wrong as long as one of them answers.`,
  }));
}

async function projectDiagnosis(ports: DoctorPorts): Promise<Judgement> {
  const view = await readProject(ports);
  const { directory } = ports.project;
  if (view.file.plugins.length === 0 && view.installed === undefined) {
    return { status: 'ok', message: `${directory} uses no plugins.` };
  }
  const fault = lockFault(view.file.plugins, view.lock, (await rulesOf(ports, view)).route);
  if (fault !== undefined) return { status: 'warning', message: fault, fix: 'Run: sheaf install.' };
  const plugins = view.installed?.plugins ?? [];
  for (const { name } of plugins) {
    if ((await ports.project.pluginDirectory(name)) !== undefined) continue;
    return {
      status: 'error',
      message: `The files of ${name} are gone from generation ${view.generation}.`,
      fix: 'Run: sheaf install --force.',
    };
  }
  const isInstalled = (view.lock?.plugins ?? []).every((locked) =>
    plugins.some(({ name, version }) => name === locked.name && version === locked.version),
  );
  if (!isInstalled) {
    return {
      status: 'warning',
      message: 'What sheaf.lock says is not what is installed.',
      fix: 'Run: sheaf install.',
    };
  }
  return { status: 'ok', message: `${directory} has everything that sheaf.toml wants.` };
}

async function programDiagnosis(
  { programs }: DoctorPorts,
  name: string,
  without: string,
): Promise<Diagnosis> {
  const path = await programs.find(name);
  return path === undefined
    ? { subject: name, status: 'warning', message: `It is not there: ${without}.`, fix: `Install ${name}.` }
    : { subject: name, status: 'ok', message: `${path} is there.` };
}
