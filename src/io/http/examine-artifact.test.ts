import { readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type Loopback, serve, serveProxy } from '../../../test/support/loopback.ts';
import { rawZip } from '../../../test/support/raw-zip.ts';
import { packArchive } from '../../core/archives/pack-archive.ts';
import { WASM_PREAMBLE, withCustomSection } from '../../core/archives/wasm-section.ts';
import { sha256 } from '../../core/digest.ts';
import type { SheafError } from '../../core/errors.ts';
import type { Artifact } from '../../core/formats/manifest.ts';
import type { ExaminedArtifact } from '../../core/submissions/change.ts';
import { connectExamination } from '../../wiring/examination.ts';
import { createArtifactExamination } from './examine-artifact.ts';
import { createHttp } from './http.ts';
import { publicNetwork } from './public-network.ts';

/** Where the author publishes; the guard is told to take it for the internet. Nothing else of this machine is. */
const PUBLISHER = '127.0.0.2';

const open: Loopback[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function publisher(
  answer: Uint8Array | ((request: IncomingMessage, response: ServerResponse) => void),
): Promise<Loopback> {
  const handler =
    typeof answer === 'function'
      ? answer
      : (_: IncomingMessage, response: ServerResponse) => void response.end(answer);
  const started = await serve(handler, PUBLISHER);
  open.push(started);
  return started;
}

/** What a stranger would like to reach: a service that only this machine can ask. */
async function victim(): Promise<Loopback> {
  const started = await serve((_, response) => void response.end('secret'));
  open.push(started);
  return started;
}

/** Names as an attacker's name server would answer; each answer is given once, the last one for ever. */
function names(table: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const guard = publicNetwork([`${PUBLISHER}/32`], (hostname, _options, callback) => {
    const answers = table[hostname] ?? [];
    const address =
      answers[Math.min(asked.filter((one) => one === hostname).length, answers.length - 1)] ?? '';
    asked.push(hostname);
    callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
  });
  return { guard, asked };
}

function examination(guard = names({}).guard, time = 60_000) {
  return createArtifactExamination({
    time,
    // Plain HTTP everywhere, so that only the guard stands in the way.
    openHttp: (signal) =>
      createHttp({ offline: false, environment: {}, guard, signal, allowPlainHttp: true }),
  });
}

function artifact(url: string, bytes: Uint8Array, change: Partial<Artifact> = {}): Artifact {
  const { byteLength: size } = bytes;
  return { kind: 'archive', platform: 'any', url, size, sha256: sha256(bytes), ...change };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const ARCHIVE = packArchive([{ path: 'README.md', bytes: encode('# A plugin') }], 'a.tar.gz');
const MODULE = Uint8Array.from(WASM_PREAMBLE);

async function examine(bytes: Uint8Array, change: Partial<Artifact> = {}): Promise<ExaminedArtifact> {
  const { url } = await publisher(bytes);
  return examination()(artifact(`${url}a`, bytes, change));
}

function problemOf(examined: ExaminedArtifact): SheafError | undefined {
  expect(examined.files).toBeUndefined();
  return examined.problem;
}

describe('an artifact that is examined', () => {
  it('is handed on with the files of its archive', async () => {
    const { files, problem } = await examine(ARCHIVE);
    expect(problem).toBeUndefined();
    expect(files?.map(({ path, kind, bytes }) => [path, kind, Buffer.from(bytes).toString()])).toEqual([
      ['README.md', 'file', '# A plugin'],
    ]);
  });

  it('is a module with the manifest that it carries', async () => {
    const module = withCustomSection(MODULE, 'sheaf.plugin.toml', encode('[plugin]'));
    const { files } = await examine(module, { kind: 'wasm' });
    expect(files?.map(({ path }) => path)).toEqual(['plugin.wasm', 'sheaf.plugin.toml']);
    expect(files?.[1]?.bytes).toEqual(encode('[plugin]'));
    expect((await examine(MODULE, { kind: 'wasm' })).files?.map(({ path }) => path)).toEqual(['plugin.wasm']);
  });

  it('may lie behind a redirect to another host, which gets nothing that was meant for the first', async () => {
    const second = await publisher(ARCHIVE);
    const { guard } = names({ 'cdn.example.org': [PUBLISHER] });
    const first = await publisher((_, response) =>
      response.writeHead(302, { location: `http://cdn.example.org:${second.port}/x` }).end(),
    );
    expect((await examination(guard)(artifact(`${first.url}a`, ARCHIVE))).files).toHaveLength(1);
    expect(second.requests[0]?.headers).toMatchObject({ host: `cdn.example.org:${second.port}` });
    expect(second.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('comes with its attestation', async () => {
    const { url } = await publisher((request, response) =>
      response.end(request.url === '/a' ? ARCHIVE : '{"a": 1}'),
    );
    const examined = await examination()(artifact(`${url}a`, ARCHIVE, { attestation: `${url}bundle` }));
    expect(Buffer.from(examined.attestation as Uint8Array).toString()).toBe('{"a": 1}');
  });

  it.each([
    ['is not there', 404, '', 'SHEAF_NETWORK'],
    ['is too long', 200, 'x'.repeat(1_048_577), 'SHEAF_SIZE'],
  ])('says that its attestation %s, and is examined all the same', async (_, status, body, code) => {
    const { url } = await publisher((request, response) =>
      request.url === '/a' ? response.end(ARCHIVE) : response.writeHead(status).end(body),
    );
    const examined = await examination()(artifact(`${url}a`, ARCHIVE, { attestation: `${url}bundle` }));
    expect(examined).toMatchObject({ attestation: { code }, files: [{ path: 'README.md' }] });
  });

  it('leaves nothing behind', async () => {
    const before = await readdir(tmpdir());
    await examine(ARCHIVE);
    await examine(ARCHIVE, { sha256: sha256(MODULE) });
    const left = (await readdir(tmpdir())).filter((name) => !before.includes(name));
    expect(left.filter((name) => name.startsWith('sheaf-examination-'))).toEqual([]);
  });

  it('is asked without credentials, whatever this machine has', async () => {
    const { url, requests } = await publisher(ARCHIVE);
    const signal = new AbortController().signal;
    const examineWired = connectExamination({ allowNetworks: [PUBLISHER], signal });
    expect((await examineWired(artifact(`${url}a`, ARCHIVE))).problem).toBeUndefined();
    expect(requests[0]?.headers.authorization).toBeUndefined();
    const strict = connectExamination({ allowNetworks: [], signal });
    expect(problemOf(await strict(artifact(`${url}a`, ARCHIVE)))).toMatchObject({ code: 'SHEAF_NETWORK' });
    expect(requests).toHaveLength(1);
  });
});

describe('an address inside', () => {
  const refusal = {
    code: 'SHEAF_NETWORK',
    message: expect.stringContaining('is not on the public internet'),
  };
  const inside = {
    localhost: ['127.0.0.1'],
    'inside.example.org': ['127.0.0.1'],
    'mapped.example.org': ['::ffff:127.0.0.1'],
    'router.example.org': ['192.168.0.1'],
  };
  const places: readonly (readonly [string, (port: number) => string])[] = [
    ['this machine', (port) => `http://127.0.0.1:${port}/`],
    ['this machine by name', (port) => `http://localhost:${port}/`],
    ['this machine as a decimal number', (port) => `http://2130706433:${port}/`],
    ['this machine as an octal number', (port) => `http://0177.0.0.1:${port}/`],
    ['this machine in short', (port) => `http://127.1:${port}/`],
    ['any address of this machine', (port) => `http://0.0.0.0:${port}/`],
    ['this machine in IPv6', (port) => `http://[::1]:${port}/`],
    ['this machine, mapped into IPv6', (port) => `http://[::ffff:127.0.0.1]:${port}/`],
    ['this machine by NAT64', (port) => `http://[64:ff9b::7f00:1]:${port}/`],
    ['the metadata of a cloud', () => 'http://169.254.169.254/latest/meta-data/'],
    ['the metadata of a cloud, mapped into IPv6', () => 'http://[::ffff:169.254.169.254]/'],
    ['a private network', () => 'https://10.0.0.1/'],
    ['a name of this machine', (port) => `http://inside.example.org:${port}/`],
    ['a name of a mapped address', (port) => `http://mapped.example.org:${port}/`],
    ['a name of a private network', () => 'https://router.example.org/'],
  ];

  it.each(places)('is not asked: %s', async (_, place) => {
    const asked = await victim();
    const { guard } = names(inside);
    const examined = await examination(guard)(artifact(place(asked.port), encode('secret')));
    expect(problemOf(examined)).toMatchObject(refusal);
    expect(asked.requests).toEqual([]);
  });

  it.each(places)('is not reached by a redirect: %s', async (_, place) => {
    const asked = await victim();
    const { guard } = names(inside);
    const { url } = await publisher((_, response) =>
      response.writeHead(302, { location: place(asked.port) }).end(),
    );
    expect(problemOf(await examination(guard)(artifact(url, encode('secret'))))).toMatchObject(refusal);
    expect(asked.requests).toEqual([]);
  });

  it('is not reached by a name that is public when it is checked and private a moment later', async () => {
    const asked = await victim();
    const { guard, asked: questions } = names({ 'rebind.example.org': [PUBLISHER, '127.0.0.1'] });
    const { url, port, requests } = await publisher((request, response) => {
      const location = `http://rebind.example.org:${request.url === '/a' ? asked.port : port}/secret`;
      response.writeHead(302, { location: request.url === '/start' ? `${url}a` : location }).end();
    });
    const first = `http://rebind.example.org:${port}/a`;
    expect(problemOf(await examination(guard)(artifact(first, encode('secret'))))).toMatchObject(refusal);
    expect(questions).toEqual(['rebind.example.org', 'rebind.example.org']);
    expect(requests).toHaveLength(1);
    expect(asked.requests).toEqual([]);
  });

  it('is not asked for an attestation either', async () => {
    const asked = await victim();
    const { url } = await publisher(ARCHIVE);
    const examined = await examination()(artifact(`${url}a`, ARCHIVE, { attestation: asked.url }));
    expect(examined.attestation).toMatchObject(refusal);
    expect(asked.requests).toEqual([]);
  });

  it.each(['file:///etc/hostname', 'FILE:///etc/hostname', 'ftp://example.org/a', 'data:,a', 'nonsense'])(
    'is no file and nothing else than a web address: %s',
    async (url) => {
      const examined = await examination()(artifact(url, ARCHIVE, { attestation: url }));
      expect(problemOf(examined)).toMatchObject({ code: 'SHEAF_USAGE' });
    },
  );

  it('is not asked with a login in its address', async () => {
    const { port, requests } = await publisher(ARCHIVE);
    const examined = await examination()(artifact(`http://me:secret@${PUBLISHER}:${port}/a`, ARCHIVE));
    expect(problemOf(examined)).toMatchObject({ code: 'SHEAF_USAGE' });
    expect(requests).toEqual([]);
  });

  it('is not asked by way of a proxy, which would look its name up itself', async () => {
    const proxy = await serveProxy();
    open.push(proxy);
    const { url } = await publisher(ARCHIVE);
    const { guard } = names({ 'inside.example.org': ['10.0.0.1'] });
    const environment = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
    const examineBehind = createArtifactExamination({
      openHttp: (signal) => createHttp({ offline: false, environment, guard, signal, allowPlainHttp: true }),
    });
    expect((await examineBehind(artifact(`${url}a`, ARCHIVE))).problem).toBeUndefined();
    expect(problemOf(await examineBehind(artifact('https://inside.example.org/', ARCHIVE)))).toMatchObject(
      refusal,
    );
    expect(proxy.tunnels).toEqual([]);
  });

  it('is given up after five redirects', async () => {
    const { url, requests } = await publisher((request, response) =>
      response.writeHead(302, { location: `${url}${Number(request.url?.slice(1)) + 1}` }).end(),
    );
    expect(problemOf(await examination()(artifact(`${url}0`, ARCHIVE)))).toMatchObject({
      code: 'SHEAF_NETWORK',
      message: expect.stringContaining('redirects more than 5 times'),
    });
    expect(requests).toHaveLength(6);
  });
});

describe('a problem of an artifact', () => {
  it.each([
    ['another digest', ARCHIVE, { sha256: sha256(MODULE) }, 'SHEAF_DIGEST'],
    ['more bytes than stated', ARCHIVE, { size: ARCHIVE.byteLength - 1 }, 'SHEAF_SIZE'],
    ['fewer bytes than stated', ARCHIVE, { size: ARCHIVE.byteLength + 1 }, 'SHEAF_SIZE'],
    ['no archive', encode('nothing of the kind'), {}, 'SHEAF_ARCHIVE'],
    ['an entry that is not in it', ARCHIVE, { entry: 'plugin.js' }, 'SHEAF_ARCHIVE'],
    ['a path out of the archive', rawZip([{ name: '../../evil', body: 'x' }]), {}, 'SHEAF_ARCHIVE'],
    ['a link', rawZip([{ name: 'a', body: '/etc/passwd', mode: 0o120777 }]), {}, 'SHEAF_ARCHIVE'],
    ['a bomb', gzipSync(Buffer.alloc(64 * 1024 * 1024)), {}, 'SHEAF_ARCHIVE'],
    [
      'a bomb of files',
      rawZip([{ name: 'zeros', body: Buffer.alloc(16 * 1024 * 1024) }]),
      {},
      'SHEAF_ARCHIVE',
    ],
    ['a section beyond its end', Uint8Array.of(...WASM_PREAMBLE, 0, 99), { kind: 'wasm' }, 'SHEAF_ARCHIVE'],
  ] as const)('is %s', async (_, bytes, change, code) => {
    expect(problemOf(await examine(bytes, change))).toMatchObject({ code });
  });

  it('is that it is not there', async () => {
    const { url } = await publisher((_, response) => response.writeHead(404).end());
    expect(problemOf(await examination()(artifact(url, ARCHIVE)))).toMatchObject({ code: 'SHEAF_NETWORK' });
  });

  it('is a body without end', async () => {
    const { url } = await publisher((_, response) => {
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(problemOf(await examination()(artifact(url, ARCHIVE)))).toMatchObject({ code: 'SHEAF_SIZE' });
  });

  it('is that it never arrives', async () => {
    const { url } = await publisher((_, response) => void response.write('x'));
    const examined = await examination(undefined, 300)(artifact(`${url}slow.tar.gz`, ARCHIVE));
    expect(problemOf(examined)).toMatchObject({
      code: 'SHEAF_NETWORK',
      message: '"slow.tar.gz" did not arrive within 0.3 s.',
    });
  });

  it('is not that somebody interrupts the examination, which is no finding', async () => {
    const controller = new AbortController();
    const { url } = await publisher(() => controller.abort());
    const interrupted = connectExamination({ allowNetworks: [PUBLISHER], signal: controller.signal });
    await expect(interrupted(artifact(url, ARCHIVE))).rejects.toMatchObject({ code: 'SHEAF_INTERRUPTED' });
  });
});
