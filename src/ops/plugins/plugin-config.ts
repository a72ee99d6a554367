import { parseJsonDocument } from '../../core/documents/json-document.ts';
import { parseLocalToml } from '../../core/documents/local-toml.ts';
import { checkSchema, type SchemaError } from '../../core/documents/schema-check.ts';
import type { SourceDocument } from '../../core/documents/source-text.ts';
import { invalidFile, SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import type { Manifest } from '../../core/formats/manifest.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';

/** A file of a plugin in the set that is judged. */
export type ReadPluginFile = (
  plugin: PluginName,
  path: string,
  maxBytes: number,
) => Promise<Uint8Array | undefined>;

/**
 * Judges `[plugin.<name>.config]` of sheaf.toml by the schemas that the plugins bring. A plugin without a schema
 * takes anything; one without a table is not refused, but what it lacks is told.
 *
 * @param text of sheaf.toml.
 * @throws SheafError `SHEAF_INVALID_FILE` with the place in sheaf.toml of the first value that does not fit, or
 *   for a schema that is missing or none.
 */
export async function judgeConfig(
  { schemas, reporter }: Pick<ClientPorts, 'schemas' | 'reporter'>,
  manifests: readonly Manifest[],
  text: string,
  readFile: ReadPluginFile,
): Promise<void> {
  const judged = manifests.flatMap(({ name, configSchema }) =>
    configSchema === undefined ? [] : [{ name, configSchema }],
  );
  if (judged.length === 0) return;
  const file = valueOf(parseLocalToml(new TextEncoder().encode(text), 'sheaf.toml'));
  for (const { name, configSchema } of judged) {
    const what = `The configuration schema of ${name}`;
    const schema = await readSchema(name, configSchema, readFile);
    const config = tableOf(file, name);
    const errors = await schemas.violations(schema, config ?? {}, what);
    const [finding, ...others] = findingsOf(file, name, errors);
    if (finding === undefined) continue;
    if (config !== undefined) throw invalidFile([finding, ...others]);
    reporter.warn(`${name} is not configured yet: ${finding.message}`);
  }
}

/**
 * The configuration that a plugin is given: its table of sheaf.toml as it is now, judged as {@link judgeConfig} does.
 *
 * @throws SheafError as {@link judgeConfig}.
 */
export async function configOf(
  ports: Pick<ClientPorts, 'project' | 'schemas' | 'reporter'>,
  manifest: Manifest,
  readFile: ReadPluginFile,
): Promise<unknown> {
  const bytes = (await ports.project.readManifest()) ?? new Uint8Array();
  await judgeConfig(ports, [manifest], new TextDecoder().decode(bytes), readFile);
  return tableOf(valueOf(parseLocalToml(bytes, 'sheaf.toml')), manifest.name) ?? {};
}

async function readSchema(
  name: PluginName,
  path: string,
  readFile: ReadPluginFile,
): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readFile(name, path, LIMITS.configSchemaBytes);
  if (bytes === undefined) {
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      `${name} has no file ${quote(path)} with its configuration schema.`,
      {
        hint: 'Tell the author of the plugin.',
      },
    );
  }
  const bounds = { maxBytes: LIMITS.configSchemaBytes, maxDepth: LIMITS.textFileDepth };
  return valueOf(parseJsonDocument(bytes, `${name}/${path}`, bounds)).value;
}

function tableOf({ value }: SourceDocument, name: PluginName): unknown {
  const plugins = value.plugin as Record<string, { readonly config?: unknown }> | undefined;
  return plugins !== undefined && Object.hasOwn(plugins, name) ? plugins[name]?.config : undefined;
}

/** The violations as findings in sheaf.toml, where the configuration is one table among others. */
function findingsOf(
  file: SourceDocument,
  name: PluginName,
  errors: readonly SchemaError[],
): ReturnType<typeof checkSchema> {
  if (errors.length === 0) return [];
  const above = `/plugin/${name}/config`;
  const moved = errors.map((error) => ({ ...error, instancePath: `${above}${error.instancePath}` }));
  return checkSchema(
    file,
    Object.assign(() => false, { errors: moved }),
  );
}
