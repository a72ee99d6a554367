import { describe, expect, it } from 'vitest';
import { createConversation } from './progress.ts';

function world(style: Partial<Parameters<typeof createConversation>[1]>) {
  const written: string[] = [];
  const stream = { terminal: true, columns: 80, write: (text: string) => void written.push(text) };
  const conversation = createConversation(stream, {
    colours: false,
    animated: false,
    silent: false,
    ...style,
  });
  return { conversation, output: () => written.join('') };
}

const half = { label: 'graph-lens 1.2.0', received: 500_000, total: 1_000_000, done: false };
const done = { ...half, received: 1_000_000, done: true };

describe('downloads', () => {
  it('are one line each when finished, where nothing may be redrawn', () => {
    const { conversation, output } = world({});
    conversation.transfer(half);
    expect(output()).toBe('');
    conversation.transfer(done);
    expect(output()).toBe('fetched graph-lens 1.2.0 1.00 MB\n');
  });

  it('are a bar while they run on a terminal, and a line afterwards', () => {
    const { conversation, output } = world({ animated: true });
    conversation.transfer(half);
    expect(output()).toContain('[============>           ] 500 kB of 1.00 MB');
    conversation.transfer(done);
    expect(output().endsWith('\u001b[1A\u001b[2Kfetched graph-lens 1.2.0 1.00 MB\n')).toBe(true);
  });

  it('keep their bars below whatever is said meanwhile', () => {
    const { conversation, output } = world({ animated: true });
    conversation.transfer(half);
    const before = output().length;
    conversation.note('waiting for another sheaf');
    const [said, bar] = output().slice(before).split('\n');
    expect(said).toBe('\u001b[1A\u001b[2Kwaiting for another sheaf');
    expect(bar).toContain('graph-lens');
  });

  it('leave no bar behind when the command ends', () => {
    const { conversation, output } = world({ animated: true });
    conversation.transfer(half);
    conversation.finish();
    expect(output().endsWith('\u001b[1A\u001b[2K')).toBe(true);
  });

  it('cannot move the cursor by their labels', () => {
    const { conversation, output } = world({ animated: true });
    conversation.transfer({ ...half, label: '\u001b[9Aevil' });
    expect(output()).toContain('\\u001b[9Aevil');
    expect(output()).not.toContain('\u001b[9A');
  });
});

describe('with --json', () => {
  it('nothing is said and warnings are kept for the document', () => {
    const { conversation, output } = world({ silent: true, animated: true });
    conversation.warn('the checkpoint expires soon');
    conversation.note('hello');
    conversation.transfer(half);
    conversation.transfer(done);
    conversation.finish();
    expect(output()).toBe('');
    expect(conversation.warnings).toEqual(['the checkpoint expires soon']);
  });
});
