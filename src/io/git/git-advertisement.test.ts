import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { nameHead } from './git-advertisement.ts';

/** A pkt-line of gitprotocol-common(5). */
function line(content: string): string {
  return (content.length + 4).toString(16).padStart(4, '0') + content;
}

const OID = 'd4826e0771922098cb09b6e98320a5f2101cadb6';
const SERVICE = `${line('# service=git-upload-pack\n')}0000`;

it('names the branch where the server names none, and keeps every other byte', () => {
  const rest = `${line(`${OID} refs/tags/v1\n`)}0000`;
  const before = `${SERVICE}${line(`${OID} refs/heads/index\0multi_ack shallow\n`)}${rest}`;
  const after = `${SERVICE}${line(`${OID} refs/heads/index\0multi_ack shallow symref=HEAD:refs/heads/index\n`)}${rest}`;
  expect(nameHead(Buffer.from(before), 'index').toString()).toBe(after);
});

it('leaves alone what names one already', () => {
  const advertisement = Buffer.from(
    `${SERVICE}${line(`${OID} HEAD\0shallow symref=HEAD:refs/heads/main\n`)}0000`,
  );
  expect(nameHead(advertisement, 'index')).toBe(advertisement);
});

it('returns what is no advertisement as it is, and never fails', () => {
  for (const text of ['', '0000', 'zzzz\0\n', '<html>\0</html>\n']) {
    expect(nameHead(Buffer.from(text), 'index').toString()).toBe(text);
  }
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(nameHead(Buffer.from(bytes), 'index').length).toBeGreaterThanOrEqual(bytes.length);
    }),
  );
});
