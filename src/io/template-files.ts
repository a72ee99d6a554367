import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TemplateFiles } from '../core/authoring/ports.ts';
import { SheafError } from '../core/errors.ts';
import { toSheafError } from './files.ts';

/** Where the parts of the repository lie that come with sheaf: for the compiled library, for the bundled command and the source. */
const PLACES = ['../', '../../'];

/** The files below `examples/` that come with sheaf: templates of plugins and of registries. */
export function createTemplateFiles(): TemplateFiles {
  return shippedFiles('examples', 'templates');
}

/** The files below `.github/` that come with sheaf: the workflows of its own registry, for others. */
export function createWorkflowFiles(): TemplateFiles {
  return shippedFiles('.github', 'workflows');
}

/** @param landmark what the directory has for certain: another may lie at a place by the same name. */
function shippedFiles(directory: string, landmark: string): TemplateFiles {
  return {
    async read(path) {
      const place = PLACES.map((one) => fileURLToPath(new URL(`${one}${directory}/`, import.meta.url))).find(
        (one) => existsSync(join(one, landmark)),
      );
      if (place === undefined) {
        throw new SheafError('SHEAF_TOOL', 'The templates are missing from this installation.', {
          hint: 'Install sheaf again; in its repository, run `npm run build`.',
        });
      }
      try {
        return await readFile(join(place, path), 'utf8');
      } catch (error) {
        throw toSheafError(error, `reading the template ${path}`);
      }
    },
  };
}
