// Shows where every plugin stands on its way to the next tier. See README.md beside this file.
import { runAs } from '../../dist/cli/tool.js';

await runAs('ci', 'promotions');
