import type { ChangeRule } from '../change-rule.ts';
import { releaseRule } from '../release-rule.ts';

/** What a manifest says of itself is shown as a claim; one that nobody could ever check should not be made. */
export const claims: ChangeRule = releaseRule({
  id: 'claims',
  title: 'Claims can be checked, and a first release does not ask to be part of the host.',
  waivable: false,
  judge({ plugin, release }, say) {
    const { testing, performance, security } = release.manifest;
    if (testing.performanceValidated) {
      const lacking = [
        ...(testing.benchmarkSuite === undefined ? ['benchmark_suite'] : []),
        ...(performance.maxQueryTimeUs === undefined ? ['max_query_time_us'] : []),
      ];
      if (lacking.length > 0) {
        say(
          'warning',
          ['testing', 'performance_validated'],
          `performance_validated is a claim that nobody can check without ${lacking.join(' and ')}.`,
          `Write ${lacking.join(' and ')}, or leave the claim out: the registry measures for itself.`,
        );
      }
    }
    // Who is first to have a name has nothing to show yet; native plugins are let in by three reviewers.
    if (plugin.published.size === 0 && security.tier === 'core') {
      say(
        'error',
        ['security', 'tier'],
        'A first release asks for the tier core, which is only granted to plugins that have proved themselves.',
        'Write tier = "wasm" or "native"; `sheaf promote` says what a promotion takes.',
      );
    }
  },
});
