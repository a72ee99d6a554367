import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files through which a step speaks to its job: outputs, environment, path and summary. */
export class JobFiles {
  readonly directory: string;
  #count = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Empty files for the next step, as environment variables. */
  async next(): Promise<
    Readonly<Record<'GITHUB_OUTPUT' | 'GITHUB_ENV' | 'GITHUB_PATH' | 'GITHUB_STEP_SUMMARY', string>>
  > {
    this.#count += 1;
    const place = join(this.directory, String(this.#count));
    await mkdir(place, { recursive: true });
    const files = {
      GITHUB_OUTPUT: join(place, 'output'),
      GITHUB_ENV: join(place, 'env'),
      GITHUB_PATH: join(place, 'path'),
      GITHUB_STEP_SUMMARY: join(place, 'summary'),
    };
    for (const file of Object.values(files)) await writeFile(file, '');
    return files;
  }
}

/** The values that a step wrote into its file of outputs or of the environment: `name=value`, or a block with a mark. */
export async function readValues(file: string): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  const lines = (await readFile(file, 'utf8')).split('\n');
  while (lines.length > 0) {
    const line = lines.shift() ?? '';
    if (line === '') continue;
    const [, name = '', mark] = /^([^=<]+)<<(.+)$/.exec(line) ?? [];
    if (mark !== undefined) {
      const end = lines.indexOf(mark);
      if (end < 0) throw new Error(`The block ${name} has no end.`);
      values[name] = lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join('\n');
      continue;
    }
    const equals = line.indexOf('=');
    if (equals < 1) throw new Error(`A step wrote a line that names nothing: ${line}`);
    values[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return values;
}
