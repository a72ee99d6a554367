import type { Instant } from '../../core/instant.ts';

const NAME = 'sheaf';

/** Nobody can have mail there (RFC 2606). */
export const SHEAF_EMAIL = 'sheaf@sheaf.invalid';

/** Author and committer of every commit that sheaf makes, as Git writes them. */
export const SHEAF_IDENTITY: string = `${NAME} <${SHEAF_EMAIL}>`;

/** The environment in which git makes a commit of that author and committer. */
export function asSheaf(date: Instant): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((role) => [
      [`GIT_${role}_NAME`, NAME],
      [`GIT_${role}_EMAIL`, SHEAF_EMAIL],
      [`GIT_${role}_DATE`, `${Math.floor(date / 1000)} +0000`],
    ]),
  );
}
