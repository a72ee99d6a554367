import { type NewPlugin, newPluginFiles } from '../../core/authoring/new-plugin.ts';
import type { TemplateFiles } from '../../core/authoring/ports.ts';
import { TEMPLATES } from '../../core/authoring/templates.ts';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import { quote, uncleanCharacter } from '../../core/text.ts';

/** What `sheaf create` was asked for. */
export interface CreateOptions extends NewPlugin {
  readonly directory: string;
  readonly dryRun: boolean;
}

/** A new plugin. */
export interface CreatedPlugin {
  readonly name: string;
  readonly directory: string;
  readonly template: string;
  /** Paths below the directory. */
  readonly created: readonly string[];
  /** What to install before it can be built. */
  readonly needs?: string;
}

/**
 * Makes the folder of a new plugin, and never overwrites a file: when one is there, nothing is made.
 *
 * @throws SheafError `SHEAF_EXISTS`; `SHEAF_USAGE` for a category, author or address that no manifest may have.
 */
export async function createPlugin(
  ports: { readonly files: NamedFiles; readonly templates: TemplateFiles },
  options: CreateOptions,
): Promise<CreatedPlugin> {
  const { name, directory, template, dryRun } = options;
  requireTexts(options);
  const files = await newPluginFiles(options, (path) => ports.templates.read(path));
  for (const path of files.keys()) {
    if ((await ports.files.readIfExists(`${directory}/${path}`, LIMITS.artifactBytes)) === undefined)
      continue;
    throw alreadyThere(directory, path);
  }
  if (!dryRun) {
    for (const [path, text] of files) {
      if (await ports.files.create(`${directory}/${path}`, new TextEncoder().encode(text))) continue;
      throw alreadyThere(directory, path);
    }
  }
  const { needs } = TEMPLATES[template];
  return {
    name,
    directory,
    template,
    created: [...files.keys()],
    ...(needs === undefined ? {} : { needs }),
  };
}

function alreadyThere(directory: string, path: string): SheafError {
  return new SheafError('SHEAF_EXISTS', `There is already a file ${quote(path)} in ${quote(directory)}.`, {
    hint: 'Choose another name, or another folder with --dir.',
  });
}

/** Everything else of the manifest is sheaf's own. */
function requireTexts({ category, author, repository }: CreateOptions): void {
  if (category.length > 64 || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(category)) {
    throw new SheafError('SHEAF_USAGE', `${quote(category)} cannot be a category.`, {
      hint: 'Write lower-case letters, digits and single hyphens, such as query-extensions.',
    });
  }
  const isClean = uncleanCharacter(author) === undefined && !/[\n\t]/.test(author);
  if (!isClean || author.trim() === '' || author.length > 100) {
    throw new SheafError('SHEAF_USAGE', `${quote(author)} cannot be the author.`, {
      hint: 'Give --author with one line of at most 100 characters.',
    });
  }
  if (repository !== undefined && !/^https:\/\/[^\s"\\@]+$/.test(repository)) {
    throw new SheafError('SHEAF_USAGE', `${quote(repository)} cannot be the address of the repository.`, {
      hint: 'Write an HTTPS address without credentials.',
    });
  }
}
