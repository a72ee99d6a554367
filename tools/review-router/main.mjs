// Judges the open submissions of a registry and says whom to ask. See README.md beside this file.
import { main } from '../../dist/cli/tools/review-router.js';

await main();
