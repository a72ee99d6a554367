// Tests a plugin in the oldest and the newest host that it supports. See README.md beside this file.
import { runAs } from '../../dist/cli/tool.js';

await runAs('test', '--engines');
