// Brings a bare machine (Node and git) to where the other scripts work. Uses nothing but Node.
// What needs administrator rights is installed when we have them, and named in one line when we don't.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Debian packages that tests and the quickstart use, each with a program that shows it is there. */
const SYSTEM_PACKAGES = [
  { debian: 'git', program: 'git', probe: ['--version'] },
  { debian: 'openssh-client', program: 'ssh-keygen', probe: ['-?'] },
];

const isThere = ({ program, probe }) => spawnSync(program, probe, { stdio: 'ignore' }).error === undefined;

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return error === undefined && status === 0;
}

function fail(sentence) {
  process.stderr.write(`setup: ${sentence}\n`);
  process.exit(1);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node 20.19 or newer is needed, this is ${process.versions.node}.`);

const missing = SYSTEM_PACKAGES.filter((needed) => !isThere(needed)).map(({ debian }) => debian);
if (missing.length > 0) {
  const command = `apt-get install --yes ${missing.join(' ')}`;
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) fail(`please run: sudo ${command}`);
  process.stderr.write(`setup: ${command}\n`);
  if (!run('apt-get', ['update', '-qq']) || !run('apt-get', ['install', '--yes', '-qq', ...missing])) {
    fail(`this failed: ${command}`);
  }
}

// npm writes node_modules/.package-lock.json at the end of an install: older than the lock file means out of date.
const installed = new URL('../../node_modules/.package-lock.json', import.meta.url);
const locked = new URL('../../package-lock.json', import.meta.url);
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(locked).mtimeMs) {
  process.stderr.write('setup: npm ci\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  if (!run(npm, ['ci', '--engine-strict', '--no-audit', '--no-fund'])) fail('npm ci failed; see above.');
}
