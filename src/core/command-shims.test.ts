import { describe, expect, it } from 'vitest';
import { commandShims } from './command-shims.ts';
import { pluginName } from './plugin-name.ts';

const lens = pluginName('graph-lens');
const map = pluginName('map');

describe('commandShims', () => {
  it('collects the commands of all plugins', () => {
    expect(
      commandShims([
        { name: lens, bin: { lens: 'bin/lens.mjs', 'lens-2.x_y': 'l' } },
        { name: map, bin: {} },
      ]),
    ).toEqual({ lens: { plugin: lens, file: 'bin/lens.mjs' }, 'lens-2.x_y': { plugin: lens, file: 'l' } });
  });

  it('names both plugins that want one command', () => {
    const both = [lens, map].map((name) => ({ name, bin: { constructor: 'x', view: 'bin/view' } }));
    expect(() => commandShims(both.map(({ name }) => ({ name, bin: { view: 'bin/view' } })))).toThrow(
      expect.objectContaining({
        code: 'SHEAF_EXISTS',
        message: 'graph-lens and map both provide the command view.',
      }),
    );
    expect(commandShims([both[0]!])).toHaveProperty('constructor', { plugin: lens, file: 'x' });
  });

  it('refuses a name that is more than a name', () => {
    expect(() => commandShims([{ name: lens, bin: { '../../.bashrc': 'x' } }])).toThrow(
      expect.objectContaining({ code: 'SHEAF_INVALID_FILE' }),
    );
  });
});
