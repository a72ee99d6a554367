import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/support/count-reporter.ts';

const CORE = 'src/core/**/*.test.ts';

export default defineConfig({
  test: {
    // Tests start real servers, compilers and child processes on machines with two busy cores: a limit is for what
    // hangs, and must not fail what is slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    reporters: [process.env.CI === undefined ? 'default' : 'dot', new CountReporter()],
    projects: [
      // Pure functions, so that a file cannot leave anything behind for the next one: modules are loaded once.
      { extends: true, test: { name: 'core', include: [CORE], isolate: false } },
      {
        extends: true,
        test: {
          name: 'all else',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [CORE],
          globalSetup: 'test/support/build-directory.ts',
        },
      },
    ],
  },
});
