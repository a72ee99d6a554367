import type { TemplateFiles } from '../../core/authoring/ports.ts';
import { type CiSystem, fillWorkflow, WORKFLOW_FILES } from '../../core/formats/workflow-files.ts';

export interface WorkflowPorts {
  readonly templates: TemplateFiles;
  readonly workflows: TemplateFiles;
  /** Of sheaf; the workflows install exactly this one. */
  readonly version: string;
}

/** The files that run a registry on a forge, by path. */
export interface RegistryWorkflows {
  readonly system: CiSystem;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads the workflows that come with sheaf, as a new registry gets them.
 *
 * @throws SheafError `SHEAF_TOOL` when this installation lacks them.
 */
export async function readWorkflows(ports: WorkflowPorts, system: CiSystem): Promise<RegistryWorkflows> {
  const files = await Promise.all(
    WORKFLOW_FILES[system].map(async ({ path, from, source }) => {
      const text = fillWorkflow(await ports[from].read(source), ports.version);
      return [path, new TextEncoder().encode(text)] as const;
    }),
  );
  return { system, files: new Map(files) };
}
