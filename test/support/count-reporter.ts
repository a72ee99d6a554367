import type { Reporter, TestModule } from 'vitest/node';

/** Prints `Tests: 512 passed, 0 failed, 1 skipped` as the very last line of a run. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state === 'pending' ? 'skipped' : state] += 1;
      }
      if (module.state() === 'failed' && module.children.size === 0) count.failed += 1;
    }
    // On exit, because the other reporters write their summaries after this method has returned.
    process.once('exit', () => {
      process.stdout.write(
        `Tests: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`,
      );
    });
  }
}
