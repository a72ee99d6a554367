import { createHash } from 'node:crypto';
import { formatPrivateKey, formatPublicKey, privateKeyFromSeed } from '../../dist/core/signatures/ssh-key.js';
import { CI, MAINTAINERS, OWNERS, REVIEWS } from './catalogue.mjs';

/** The demonstration key of a name. Its seed is public, so it proves nothing about anybody. */
export function demoKey(name) {
  const seed = createHash('sha256').update(`sheaf demo key: ${name}`).digest();
  return privateKeyFromSeed(seed, name);
}

/** `examples/keys`: both halves of every key, as ssh-keygen would write them. */
export function keyFiles() {
  const owners = OWNERS.map(({ name }) => name);
  const reviewers = REVIEWS.map(({ reviewer }) => reviewer);
  return [...MAINTAINERS, CI, ...owners, ...reviewers].flatMap((name) => {
    const key = demoKey(name);
    return [
      [`examples/keys/${name}`, formatPrivateKey(key)],
      [`examples/keys/${name}.pub`, Buffer.from(`${formatPublicKey(key.publicKey)} ${name}\n`)],
    ];
  });
}
