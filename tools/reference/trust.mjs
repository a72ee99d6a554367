import { writeOwnerFile } from '../../dist/core/formats/owner-file.js';
import { sourcePath } from '../../dist/core/index/source-layout.js';
import { parseInstant } from '../../dist/core/instant.js';
import { writeRevoked } from '../../dist/core/signatures/revoked.js';
import { writeSigners } from '../../dist/core/signatures/signers.js';
import { formatPublicKey } from '../../dist/core/signatures/ssh-key.js';
import { sign } from '../../dist/core/signatures/sshsig.js';
import {
  ARTIFACT_HOST,
  CI,
  MAINTAINERS,
  OWNERS,
  PLUGINS,
  REGISTRY,
  REVIEWS,
  ROOT_EXPIRES,
  SIGNING_MAINTAINERS,
  THRESHOLD,
} from './catalogue.mjs';
import { demoKey } from './keys.mjs';

/** `registry/trust`: the root, the keys of owners and reviewers, and the (empty) list of revoked keys, as [path, bytes]. */
export function trustFiles() {
  return [
    ...rootFiles(),
    ...OWNERS.flatMap(ownerFiles),
    ['registry/trust/reviewers.signers', reviewerKeys()],
    [sourcePath({ kind: 'revoked' }), writeRevoked([])],
  ];
}

function reviewerKeys() {
  const names = [...new Set(REVIEWS.map(({ reviewer }) => reviewer))];
  const lines = names.map(
    (name) => `${name} namespaces="review@sheaf" ${formatPublicKey(demoKey(name).publicKey)}\n`,
  );
  return Buffer.from(lines.join(''));
}

function rootFiles() {
  const signers = [
    ...MAINTAINERS.map((name) => signer(name, ['root@sheaf', 'status@sheaf', 'recovery@sheaf'])),
    signer(CI, ['checkpoint@sheaf']),
  ];
  const expires = parseInstant(ROOT_EXPIRES);
  const root = {
    kind: 'root',
    registry: REGISTRY,
    version: 1,
    epoch: 1,
    threshold: THRESHOLD,
    expires,
    signers,
  };
  const bytes = writeSigners(root);
  const signatures = SIGNING_MAINTAINERS.map((principal) => [
    sourcePath({ kind: 'root-signature', version: 1, principal }),
    sign(demoKey(principal), 'root@sheaf', bytes),
  ]);
  return [[sourcePath({ kind: 'root', version: 1 }), bytes], ...signatures];
}

function ownerFiles({ name, displayName, url }) {
  const signers = [signer(name, ['owner@sheaf', 'release@sheaf'])];
  const keys = {
    kind: 'owner',
    registry: REGISTRY,
    owner: name,
    version: 1,
    epoch: 0,
    threshold: 1,
    signers,
  };
  const bytes = writeSigners(keys);
  const signature = { kind: 'owner-signature', owner: name, version: 1, principal: name };
  const artifacts = PLUGINS.filter(({ owner }) => owner === name).map(
    ({ name }) => `${ARTIFACT_HOST}${name}/`,
  );
  const repositories = [`https://git.example.org/${name}/`, ...artifacts];
  return [
    [sourcePath({ kind: 'owner', owner: name }), writeOwnerFile({ displayName, url, repositories })],
    [sourcePath({ kind: 'owner-signers', owner: name, version: 1 }), bytes],
    [sourcePath(signature), sign(demoKey(name), 'owner@sheaf', bytes)],
  ];
}

function signer(name, namespaces) {
  return { principal: name, namespaces, key: demoKey(name).publicKey };
}
