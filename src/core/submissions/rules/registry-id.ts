import { sourcePath } from '../../index/source-layout.ts';
import { quote } from '../../text.ts';
import { bytesAfter } from '../bytes-after.ts';
import type { ChangeFault, ChangeRule } from '../change-rule.ts';
import { placeOfKey } from '../key-place.ts';

/** What was signed for another registry was not signed for this one: it could be replayed here. */
export const registryId: ChangeRule = {
  id: 'registry-id',
  title: 'Everything that is signed names this registry.',
  waivable: false,
  judge(change) {
    const { registry, plugins } = change;
    return plugins.flatMap(({ category, name, after, releases, reviews }) => {
      const path = sourcePath({ kind: 'plugin', category, plugin: name });
      const pluginFile = bytesAfter(change, path);
      return [
        ...(pluginFile === undefined || after === undefined
          ? []
          : judge(after.registry, registry.id, path, pluginFile, 'plugin')),
        ...releases.flatMap(({ manifest, path, bytes }) =>
          judge(manifest.registry, registry.id, path, bytes, 'release'),
        ),
        ...[...reviews].flatMap(([path, { review, bytes }]) =>
          judge(review.registry, registry.id, path, bytes, 'review'),
        ),
      ];
    });
  },
};

function judge(
  said: string,
  id: string,
  path: string,
  bytes: Uint8Array,
  table: string,
): readonly ChangeFault[] {
  if (said === id) return [];
  return [
    {
      severity: 'error',
      place: placeOfKey(path, bytes, [table, 'registry']),
      message: `This is signed for the registry ${quote(said)}, and the registry here is ${quote(id)}.`,
      fix: `Write registry = ${quote(id)} and sign again.`,
    },
  ];
}
