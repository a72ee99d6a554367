import type { PluginFolders, PluginStarter, TemplateFiles, Toolchain } from '../core/authoring/ports.ts';
import { SheafError } from '../core/errors.ts';
import type { HostReply } from '../core/formats/plugin-case.ts';
import type { NamedFiles } from '../core/ports.ts';
import type { WorkTrees } from '../core/publishing-ports.ts';
import { DEFAULT_POLICY } from '../core/runtime/host-policy.ts';
import { requireEngines } from '../host/load-checks.ts';
import { createRuntime } from '../host/plugin-runtime.ts';
import { findRunner } from '../host/runner-pool.ts';
import { createToolchain } from '../io/author-toolchain.ts';
import { createWorkTrees } from '../io/git/checked-out.ts';
import { createNamedFiles } from '../io/named-files.ts';
import { createPluginFolders } from '../io/plugin-folders.ts';
import { createTemplateFiles } from '../io/template-files.ts';

/** What the operations of an author are given; each names the ones it uses with `Pick`. */
export interface AuthorPorts {
  readonly folders: PluginFolders;
  readonly files: NamedFiles;
  readonly templates: TemplateFiles;
  readonly toolchain: Toolchain;
  readonly workTrees: WorkTrees;
}

/** Connects the operations of an author with this machine. */
export function connectAuthor(options: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}): AuthorPorts {
  return {
    folders: createPluginFolders(),
    files: createNamedFiles(),
    templates: createTemplateFiles(),
    toolchain: createToolchain(options.environment, options.signal),
    workTrees: createWorkTrees(options.environment),
  };
}

/**
 * The sandbox that users have on this machine, with a host that answers as a case says.
 *
 * @param runner the directory of the built runner; that of this installation when absent.
 * @throws SheafError `SHEAF_TOOL` when sheaf was not built.
 */
export function connectStarter(
  environment: Readonly<Record<string, string | undefined>>,
  runner: string = findRunner(),
): PluginStarter {
  const runtime = createRuntime({ policy: DEFAULT_POLICY, environment, runner, warmRunners: 1 });
  return {
    async start({ manifest, code, granted, answer, engines = {} }) {
      const { tier } = manifest.security;
      requireEngines(manifest, engines);
      return runtime.start(
        { manifest, tier, code, granted, config: {}, programs: new Map() },
        { hostCall: async (capability, fn) => valueOf(answer(`${capability}.${fn}`)), log: () => {} },
      );
    },
    close: () => runtime.close(),
  };
}

function valueOf(reply: HostReply): unknown {
  if ('ok' in reply) return reply.ok;
  const { code, message } = reply.error;
  throw new SheafError('SHEAF_PLUGIN', message, { details: { code } });
}
