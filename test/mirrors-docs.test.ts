import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { readConfig } from '../src/core/formats/config-file.ts';
import { closedPort } from './support/loopback.ts';
import { userOfRegistry } from './support/registry-on-loopback.ts';

const run = promisify(execFile);

/** docs/mirrors.md keeps its word: its file is read, its commands are run. */

async function blocks(language: string): Promise<readonly string[]> {
  const text = await readFile(new URL('../docs/mirrors.md', import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block]) => block ?? '',
  );
}

/** What a server answers, once it runs. */
async function fetchWhenServed(url: string): Promise<unknown> {
  for (;;) {
    try {
      return await (await fetch(url)).json();
    } catch {
      await pause(20);
    }
  }
}

it('shows addresses that config.toml accepts', async () => {
  const [table = ''] = await blocks('toml');
  const config = readConfig(
    Buffer.from(table.replace('sha256:…', `sha256:${'0'.repeat(64)}`)),
    'config.toml',
  );
  expect(valueOf(config).registries).toMatchObject([{ alias: 'acme', urls: { length: 2 } }]);
});

it('takes an operator through every command it shows', async () => {
  const user = await userOfRegistry([{ name: 'mermaid-diagram', version: '1.0.0' }]);
  await user.does('install', 'mermaid-diagram');
  await user.does('registry', 'remove', 'acme');
  await run('git', ['init', '--quiet', '--bare', user.at('mirror.git')]);
  const port = await closedPort();
  const onThisMachine = (line: string): string[] =>
    line
      .replace('https://plugins.example.org/', user.index.url)
      .replace('sha256:…', `sha256:${user.registry.rootId}`)
      .replace('https://git.example.org/plugins-mirror.git', user.at('mirror.git'))
      .replace('app/sheaf.lock', user.at('project', 'sheaf.lock'))
      .replace('8080', String(port))
      .replaceAll('/srv/', `${user.at('srv')}/`)
      .split(' ')
      .slice(1);

  const lines = (await blocks('sh')).flatMap((block) => block.trim().split('\n'));
  const outputs = new Map<string, string>();
  for (const line of lines) {
    if (line.startsWith('sheaf registry add')) {
      // From here on there is no origin.
      await user.index.stop();
      await user.artifacts.stop();
    }
    if (!line.startsWith('sheaf mirror serve')) {
      outputs.set(line, await user.does(...onThisMachine(line)));
      continue;
    }
    const stop = new AbortController();
    const serving = user.sheafWith({ signal: stop.signal }, ...onThisMachine(line));
    const page = await fetchWhenServed(`http://127.0.0.1:${port}/v1/plugins`);
    expect(page).toMatchObject({ total: 1, plugins: [{ name: 'mermaid-diagram' }] });
    stop.abort();
    outputs.set(line, (await serving).stdout);
  }
  const all = [...outputs.values()].join('');
  expect(outputs.size).toBe(7);
  expect(all).toContain('its index is there already; 0 artifacts');
  expect(all).toContain('Published checkpoint 1-1');
  expect(all).toContain('Served 1 request.');
});
