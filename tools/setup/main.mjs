// Brings a bare machine (Node and git) to where the other scripts work. Uses nothing but Node.
// What needs administrator rights is installed when we have them, and named in one line when we don't.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Debian packages that everything here needs, each with a file or program that shows it is there. */
const NEEDED = [
  { debian: 'git', program: 'git' },
  { debian: 'openssh-client', program: 'ssh-keygen' },
];

/** Those that only some tests need: sandbox, compilers, an antivirus program, outside archivers and shells, OpenSSH's own test data. */
const FOR_TESTS = [
  { debian: 'bubblewrap', program: 'bwrap' },
  { debian: 'cargo', program: 'cargo' },
  { debian: 'clamav', program: 'clamscan' },
  { debian: 'clang-19', program: 'clang-19' },
  { debian: 'fish', program: 'fish' },
  { debian: 'libstd-rust-dev-wasm32', file: '/usr/lib/rustlib/wasm32-unknown-unknown' },
  { debian: 'lld-14', program: 'ld.lld-14' },
  { debian: 'lld-19', program: 'ld.lld-19' },
  { debian: 'openssh-tests', file: '/usr/lib/openssh/regress/unittests/sshsig/testdata' },
  { debian: 'openssl', program: 'openssl' },
  { debian: 'shellcheck', program: 'shellcheck' },
  { debian: 'zip', program: 'zip' },
  { debian: 'zsh', program: 'zsh' },
];

const isThere = ({ program, file }) =>
  file === undefined
    ? (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, program)))
    : existsSync(file);

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return error === undefined && status === 0;
}

function warn(sentence) {
  process.stderr.write(`setup: ${sentence}\n`);
}

function fail(sentence) {
  warn(sentence);
  process.exit(1);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node 20.19 or newer is needed, this is ${process.versions.node}.`);

install(NEEDED, fail);
// Without rights to install them, their tests are skipped and say so; on CI nothing may be skipped.
if (process.argv.includes('--tests')) install(FOR_TESTS, process.env.CI === undefined ? warn : fail);

/** Installs what is missing, or says in one line how to. */
function install(packages, refuse) {
  const missing = packages.filter((one) => !isThere(one)).map(({ debian }) => debian);
  if (missing.length === 0) return;
  const command = `apt-get install --yes ${missing.join(' ')}`;
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) {
    refuse(`please run: sudo ${command}`);
    return;
  }
  process.stderr.write(`setup: ${command}\n`);
  const isInstalled =
    run('apt-get', ['update', '-qq']) && run('apt-get', ['install', '--yes', '-qq', ...missing]);
  if (!isInstalled) refuse(`this failed: ${command}`);
}

// npm writes node_modules/.package-lock.json at the end of an install: older than the lock file means out of date.
const installed = new URL('../../node_modules/.package-lock.json', import.meta.url);
const locked = new URL('../../package-lock.json', import.meta.url);
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(locked).mtimeMs) {
  process.stderr.write('setup: npm ci\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  if (!run(npm, ['ci', '--engine-strict', '--no-audit', '--no-fund'])) fail('npm ci failed; see above.');
}
