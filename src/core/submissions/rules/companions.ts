import { sourcePath } from '../../index/source-layout.ts';
import { quote } from '../../text.ts';
import type { Change, ChangedFile, ChangedPlugin } from '../change.ts';
import { type ChangeFault, type ChangeRule, errorIn } from '../change-rule.ts';

/** What would be merged without its other half would stop the next index from being built. */
export const companions: ChangeRule = {
  id: 'companions',
  title:
    'A signed file comes with its signature, a new plugin with plugin.toml and a release, a new owner with theirs.',
  waivable: false,
  judge: (change) => [
    ...change.files.flatMap((file) => judgeSigned(file, change)),
    ...change.plugins.flatMap((plugin) => judgePlugin(plugin, change)),
  ],
};

const SIGNED: ReadonlySet<string> = new Set(['release', 'plugin', 'review']);
const SIGNATURES: ReadonlySet<string> = new Set([
  'release-signature',
  'plugin-signature',
  'review-signature',
]);

function judgeSigned({ path, source, change: how }: ChangedFile, { files }: Change): readonly ChangeFault[] {
  if (how !== 'added' || source === undefined) return [];
  const isThere = (other: string): boolean =>
    files.some((file) => file.path === other && file.change !== 'removed');
  if (SIGNED.has(source.kind) && !isThere(`${path}.sig`)) {
    return [
      errorIn(
        `${path}.sig`,
        `${quote(path)} comes without its signature.`,
        `Sign it: sheaf sign ${path} --key KEY${source.kind === 'review' ? ' --namespace review@sheaf' : ''}.`,
      ),
    ];
  }
  const signed = path.slice(0, -'.sig'.length);
  if (SIGNATURES.has(source.kind) && !isThere(signed)) {
    return [
      errorIn(path, `${quote(path)} signs nothing that the change brings.`, `Add ${signed}, or remove it.`),
    ];
  }
  return [];
}

function judgePlugin(plugin: ChangedPlugin, { files }: Change): readonly ChangeFault[] {
  const { category, name, before, published } = plugin;
  const own = files.filter(
    ({ source }) => source !== undefined && 'plugin' in source && source.plugin === name,
  );
  const has = (kind: string): boolean =>
    own.some(({ source, change }) => source?.kind === kind && change === 'added');
  const file = sourcePath({ kind: 'plugin', category, plugin: name });
  if (before === undefined && published.size === 0) {
    if (has('release') && !has('plugin')) {
      const fix = `Add plugin.toml with registry, name, revision = 1 and owner, and sign it.`;
      return [errorIn(file, `${name} is new to the registry and comes without plugin.toml.`, fix)];
    }
    if (has('plugin') && !has('release')) {
      return [
        errorIn(
          file,
          `${name} is new to the registry and comes without a release.`,
          'Add its first release.',
        ),
      ];
    }
  }
  return [];
}
