import { SheafError } from '../../core/errors.ts';
import { type InstalledPlugin, listInstalled } from '../../ops/plugins/list.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, dim, type Line, type Span, yellow } from '../render/line.ts';
import { tableLines } from '../render/table.ts';
import { treeLines } from '../render/tree.ts';

export async function run(call: Call): Promise<Outcome> {
  if (call.flag('available')) return listAvailable(call);
  const { plugins, tree, generation } = await listInstalled(await call.client());
  const showsTree = call.flag('tree');
  return {
    data: {
      plugins,
      ...(showsTree ? { tree } : {}),
      ...(generation === undefined ? {} : { generation }),
    },
    lines: () => {
      if (plugins.length === 0) return ['No plugins are installed here.'];
      return showsTree ? treeLines(tree) : installedLines(plugins, call.columns);
    },
  };
}

function installedLines(plugins: readonly InstalledPlugin[], columns: number | undefined): readonly Line[] {
  return tableLines(
    ['PLUGIN', 'VERSION', 'REGISTRY', 'TIER', 'CAPABILITIES'],
    plugins.map((plugin) => [
      bold(plugin.name),
      plugin.version,
      origin(plugin),
      plugin.tier,
      plugin.capabilities.join(', '),
    ]),
    columns,
  );
}

function origin({ registry, verified }: InstalledPlugin): string | Span {
  return verified ? registry : yellow(`${registry} (unverified)`);
}

async function listAvailable(call: Call): Promise<Outcome> {
  if (call.flag('tree')) {
    throw new SheafError('SHEAF_USAGE', 'What is available has no tree: --available lists names only.', {
      hint: 'Give one of the two.',
    });
  }
  const { listAvailable } = await import('../../ops/plugins/list-available.ts');
  const available = await listAvailable(await call.client());
  return {
    data: { available },
    lines: () =>
      available.length === 0
        ? ['There is no plugin in the configured registries.']
        : available.map(({ name, registry, installed }) => [
            bold(name),
            dim(`  ${registry}`),
            installed === undefined ? '' : `  ${installed} installed`,
          ]),
  };
}
