// Judges the open submissions of a registry and says whom to ask. See README.md beside this file.
import { runAs } from '../../dist/cli/tool.js';

await runAs('ci', 'route');
