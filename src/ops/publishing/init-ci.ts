import type { PluginFolders, TemplateFiles } from '../../core/authoring/ports.ts';
import { recipeOf } from '../../core/authoring/recipe.ts';
import { fillTemplate, RELEASE_WORKFLOWS, TEMPLATES } from '../../core/authoring/templates.ts';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { pathOf, readAuthorPlugin } from '../authors/author-plugin.ts';

/** What `sheaf publish init-ci` was asked for. */
export interface InitCiOptions {
  readonly path: string;
  readonly forge: keyof typeof RELEASE_WORKFLOWS;
  readonly dryRun: boolean;
}

/** A workflow of an author's repository. */
export interface ReleaseWorkflow {
  readonly name: string;
  readonly forge: InitCiOptions['forge'];
  readonly file: string;
  readonly text: string;
  /** False when it was there already, as it would be written. */
  readonly changed: boolean;
}

/**
 * Writes the workflow that publishes every tag of an author's repository: the one that `sheaf create` writes, too.
 *
 * @throws SheafError `SHEAF_EXISTS` when another workflow has the place, and as `readAuthorPlugin`.
 */
export async function initCi(
  ports: { readonly folders: PluginFolders; readonly files: NamedFiles; readonly templates: TemplateFiles },
  { path, forge, dryRun }: InitCiOptions,
): Promise<ReleaseWorkflow> {
  const { manifest, files } = await readAuthorPlugin(ports.folders, path);
  const { title } = recipeOf(
    manifest,
    files.map((file) => file.path),
  );
  const setup = title === '[build]' ? 'true' : (TEMPLATES[title].setup ?? 'true');
  const { to, from } = RELEASE_WORKFLOWS[forge];
  const text = fillTemplate(await ports.templates.read(from), { setup });
  const file = pathOf(path, to);
  const bytes = new TextEncoder().encode(text);
  const there = await ports.files.readIfExists(file, LIMITS.textFileBytes);
  if (there !== undefined && Buffer.compare(there, bytes) !== 0) {
    throw new SheafError('SHEAF_EXISTS', `${quote(file)} is there, with other contents.`, {
      hint: 'Move it away, or take over what you need from: sheaf publish init-ci --dry-run.',
    });
  }
  const changed = there === undefined;
  if (changed && !dryRun) await ports.files.write(file, bytes);
  return { name: manifest.name, forge, file, text, changed };
}
