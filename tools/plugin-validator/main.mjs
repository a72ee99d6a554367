// Judges a change that somebody proposes to a registry. See README.md beside this file.
import { runAs } from '../../dist/cli/tool.js';

await runAs('check', '--as-ci');
