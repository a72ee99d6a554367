import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import type { CheckFault, CheckRule } from '../check-rule.ts';

/** Beyond this, a host would rather not run it. */
const MANY_MB = 1_024;
const LONG_US = 10_000_000;

/** Limits are stated, and are limits. */
export const limits: CheckRule = {
  id: 'limits',
  title: 'the time and memory of a call are stated, and are limits',
  check({ manifest }) {
    const { maxMemoryMb, maxQueryTimeUs } = manifest.performance;
    const faults: CheckFault[] = [];
    const warn = (message: string, fix: string): void => {
      faults.push({ severity: 'warning', path: AUTHOR_MANIFEST, message, fix });
    };
    if (maxQueryTimeUs === undefined) {
      warn(
        'No time is stated, so that a call may take 30 s.',
        'Write max_query_time_us: twenty times that is the limit.',
      );
    } else if (maxQueryTimeUs > LONG_US) {
      warn(`${maxQueryTimeUs} µs is longer than 10 s.`, 'State what a call takes, not what it could take.');
    }
    if (maxMemoryMb === undefined) {
      warn('No memory is stated, so that the cap is 64 MiB.', 'Write max_memory_mb under [performance].');
    } else if (maxMemoryMb > MANY_MB) {
      warn(`${maxMemoryMb} MiB is more than most hosts give.`, 'State what the plugin needs.');
    }
    return faults;
  },
};
