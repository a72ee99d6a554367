// Scans a plugin or an artifact for what is dangerous or hidden. See README.md beside this file.
import { runAs } from '../../dist/cli/tool.js';

await runAs('scan');
