import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import type { Sha256 } from '../../object-ref.ts';
import type { ScanRule } from '../scan-rule.ts';

const ZEROS = '0'.repeat(64) as Sha256;
const ONES = '1'.repeat(64) as Sha256;

/** What was signed and what is there differ: nobody agreed to this one. */
export const digestMismatch: ScanRule = {
  id: 'digest-mismatch',
  level: 'critical',
  title: 'the artifact has another digest than its release states',
  fix: 'Publish exactly the file that the release was signed for, or release a new version.',
  vulnerable: { files: {}, digest: { stated: ZEROS, found: ONES } },
  clean: { files: {}, digest: { stated: ZEROS, found: ZEROS } },
  find: ({ digest }) =>
    digest === undefined || digest.stated === digest.found
      ? []
      : [
          {
            path: AUTHOR_MANIFEST,
            message: `The artifact has the digest sha256:${digest.found}, its release states sha256:${digest.stated}.`,
          },
        ],
};
