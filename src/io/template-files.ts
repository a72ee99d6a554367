import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TemplateFiles } from '../core/authoring/ports.ts';
import { SheafError } from '../core/errors.ts';
import { toSheafError } from './files.ts';

/** Where the build puts `examples/`, for the compiled library and for the bundled command; and where the source has it. */
const PLACES = ['../examples/', '../../examples/'];

/** The templates that come with sheaf. */
export function createTemplateFiles(): TemplateFiles {
  return {
    async read(path) {
      const place = PLACES.map((one) => fileURLToPath(new URL(one, import.meta.url))).find((one) =>
        existsSync(join(one, 'templates')),
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
