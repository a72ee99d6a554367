import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { withProcessLock } from '../../src/io/process-lock.ts';

/** `lock-child hold LOCK` holds a lock until it is killed; `lock-child count LOCK FILE N` enters it N times. */
const [action = '', path = '', file = '', times = '0'] = process.argv.slice(2);

if (action === 'hold') {
  await withProcessLock(path, { what: 'the test' }, async () => {
    process.stdout.write('held\n');
    await sleep(600_000);
  });
}
const entries = action === 'count' ? Number(times) : 0;
for (let n = 0; n < entries; n++) {
  await withProcessLock(path, { what: 'the test' }, async () => {
    await appendFile(file, 'in\n');
    await sleep(1);
    await appendFile(file, 'out\n');
  });
}
