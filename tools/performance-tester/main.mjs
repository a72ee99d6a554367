// Measures a plugin against its budgets and the version before. See README.md beside this file.
import { runAs } from '../../dist/cli/tool.js';

await runAs('bench');
