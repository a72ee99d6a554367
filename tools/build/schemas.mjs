// Compiles each of schemas/*.schema.json into a self-contained module of src/core/validators/, so that no schema
// is read or compiled when sheaf runs, and a command loads only those it needs. Run as `npm run schemas`, or by
// the build.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SUFFIX = '.schema.json';

/** Compiles every schema of `directory` and writes its validator and the types of it into `output`. */
export async function buildValidators(
  directory = join(ROOT, 'schemas'),
  output = join(ROOT, 'src/core/validators'),
) {
  const schemas = await readSchemas(directory);
  // `verbose` hands the violated schema to the error, whose description becomes the fix in the message.
  // Unions of types stay allowed: `["string", "object"]` gives one clear error where anyOf gives three.
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    allErrors: true,
    // Inlined, every use of a shared definition would repeat its code.
    inlineRefs: false,
    verbose: true,
    messages: false,
    schemas: schemas.map(({ schema }) => schema),
    code: { source: true, esm: true, lines: false },
  });
  await mkdir(output, { recursive: true });
  const validators = schemas.filter(({ schema }) => schema.type !== undefined);
  for (const { name, schema } of validators) {
    const path = join(output, `${name}.generated.js`);
    await writeIfChanged(path, await bundle(standalone.default(ajv, { validate: schema.$id })));
    await writeIfChanged(path.replace(/\.js$/, '.d.ts'), declaration(schema));
  }
  return validators.map(({ name }) => name);
}

async function readSchemas(directory) {
  const files = (await readdir(directory)).filter((file) => file.endsWith(SUFFIX)).toSorted();
  return await Promise.all(
    files.map(async (file) => {
      const schema = parse(file, await readFile(join(directory, file), 'utf8'));
      if (schema.$id !== file) throw new Error(`schemas/${file}: "$id" must be "${file}".`);
      return { name: file.slice(0, -SUFFIX.length), schema };
    }),
  );
}

function parse(file, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`schemas/${file} is not JSON: ${error.message}`, { cause: error });
  }
}

/** Replaces the references to ajv's own helpers by their code. */
async function bundle(source) {
  const entry = '\0validators';
  const build = await rolldown({
    input: entry,
    cwd: ROOT,
    platform: 'neutral',
    logLevel: 'warn',
    plugins: [
      {
        name: 'validators',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? { code: source, moduleType: 'js' } : undefined),
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  return output[0].code;
}

function declaration(schema) {
  return `import type { Validate } from '../documents/schema-check.js';\n/** ${schema.title} */\nexport declare const validate: Validate;\n`;
}

/** Leaves an unchanged file alone, so that watchers and incremental builds do not wake up. */
async function writeIfChanged(path, text) {
  const old = await readFile(path, 'utf8').catch(() => undefined);
  if (old !== text) await writeFile(path, text);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = await buildValidators();
  console.log(`${names.length} schemas compiled: ${names.join(', ')}`);
}
