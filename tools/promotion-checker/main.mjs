// Shows where every plugin stands on its way to the next tier. See README.md beside this file.
import { main } from '../../dist/cli/tools/promotion-checker.js';

await main();
