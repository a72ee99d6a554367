import { defined } from '../defined.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { validate as validateOwner } from '../validators/owner.generated.js';
import { judgeUrl, judgeUrlPrefix } from '../web-url.ts';

/**
 * Who an owner is: `registry/trust/owners/<owner>/owner.toml`. Their keys are in the signers files beside it
 * (core/signatures/signers.ts).
 */
export interface OwnerFile {
  readonly displayName?: string;
  readonly url?: string;
  /** Numeric account ids of forges: names get recycled. */
  readonly githubId?: number;
  readonly gitlabId?: number;
  readonly giteaId?: number;
  /** Prefixes, each ending with a slash, that release URLs and `[source]` must have. */
  readonly repositories: readonly string[];
}

/** The file as `schemas/owner.schema.json` accepts it. */
interface OwnerToml {
  readonly owner: {
    readonly display_name?: string;
    readonly url?: string;
    readonly github_id?: number;
    readonly gitlab_id?: number;
    readonly gitea_id?: number;
    readonly repositories: readonly string[];
  };
}

/** Reads an `owner.toml`. */
export function readOwnerFile(bytes: Uint8Array, file: string): Reading<OwnerFile> {
  return readDocument(parseToml(bytes, file), validateOwner, (document, report) => {
    const { owner } = document.value as unknown as OwnerToml;
    judgeUrl(report, ['owner', 'url'], owner.url);
    for (const [index, prefix] of owner.repositories.entries()) {
      judgeUrlPrefix(report, ['owner', 'repositories', index], prefix);
    }
    return defined({
      displayName: owner.display_name,
      url: owner.url,
      githubId: owner.github_id,
      gitlabId: owner.gitlab_id,
      giteaId: owner.gitea_id,
      repositories: owner.repositories,
    });
  });
}

/** Writes an owner file as {@link readOwnerFile} reads it. */
export function writeOwnerFile(file: OwnerFile): Uint8Array {
  return writeToml({
    owner: {
      display_name: file.displayName,
      url: file.url,
      github_id: file.githubId,
      gitlab_id: file.gitlabId,
      gitea_id: file.giteaId,
      repositories: file.repositories,
    },
  });
}
