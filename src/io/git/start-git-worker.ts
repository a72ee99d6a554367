import { fileURLToPath } from 'node:url';
import { createProgramLoader } from '../program-loader.ts';

/**
 * Where the built Git child process begins: loads git-worker.ts with the code that an earlier one compiled, because
 * the libraries take longer to compile than a small fetch takes.
 */

const loader = createProgramLoader(fileURLToPath(new URL('.', import.meta.url)), 'git');
loader.load('git-program.js');
process.once('exit', (status) => {
  if (status === 0) loader.keep();
});
