// Adds download counts to the facts of a registry. See README.md beside this file.
import { main } from '../../dist/cli/tools/stats-collector.js';

await main();
