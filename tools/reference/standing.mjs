import { sha256 } from '../../dist/core/digest.js';
import { writeReviewFile } from '../../dist/core/formats/review-file.js';
import { writeStatusEvent } from '../../dist/core/formats/status-event.js';
import { sourcePath } from '../../dist/core/index/source-layout.js';
import { parseInstant } from '../../dist/core/instant.js';
import { sign } from '../../dist/core/signatures/sshsig.js';
import { PLUGINS, REGISTRY, REVIEWS, SIGNING_MAINTAINERS } from './catalogue.mjs';
import { demoKey } from './keys.mjs';

/** Tier grants, each signed by as many maintainers as the root demands, as [path, bytes]. */
export function statusFiles() {
  const files = [];
  for (const { name, grant } of PLUGINS) {
    if (grant === undefined) continue;
    const { tier, reason } = grant;
    const date = parseInstant(grant.date);
    const bytes = writeStatusEvent({
      registry: REGISTRY,
      plugin: name,
      kind: 'grant-tier',
      tier,
      date,
      reason,
    });
    const event = `${grant.date.slice(0, 10)}-grant-tier`;
    files.push([sourcePath({ kind: 'status', plugin: name, event }), bytes]);
    for (const principal of SIGNING_MAINTAINERS) {
      const path = sourcePath({ kind: 'status-signature', plugin: name, event, principal });
      files.push([path, sign(demoKey(principal), 'status@sheaf', bytes)]);
    }
  }
  return files;
}

/**
 * Reviews with their reviewers' signatures, as [path, bytes].
 *
 * @param manifestOf the bytes of the manifest of a release, by `name@version`.
 */
export function reviewFiles(manifestOf) {
  return REVIEWS.flatMap((review) => {
    const { plugin, version, reviewer } = review;
    const manifest = sha256(manifestOf.get(`${plugin}@${version}`));
    const date = parseInstant(review.date);
    const bytes = writeReviewFile({ ...review, registry: REGISTRY, manifest, date });
    return [
      [sourcePath({ kind: 'review', plugin, version, reviewer }), bytes],
      [
        sourcePath({ kind: 'review-signature', plugin, version, reviewer }),
        sign(demoKey(reviewer), 'review@sheaf', bytes),
      ],
    ];
  });
}
