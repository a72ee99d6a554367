// Adds download counts to the facts of a registry. See README.md beside this file.
import { runAs } from '../../dist/cli/tool.js';

await runAs('ci', 'downloads');
