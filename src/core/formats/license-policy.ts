import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { nonEmpty, writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { quote } from '../text.ts';
import { validate as validatePolicy } from '../validators/policy-licenses.generated.js';

/** Which licences a plugin may have, as SPDX ids: `registry/policy/licenses.toml`. */
export interface LicensePolicy {
  /** Whether every release must state a licence. */
  readonly required: boolean;
  /** Any when empty. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Reads a `licenses.toml`. */
export function readLicensePolicy(bytes: Uint8Array, file: string): Reading<LicensePolicy> {
  return readDocument(parseToml(bytes, file), validatePolicy, (document, report) => {
    const { licenses } = document.value as unknown as {
      readonly licenses: Partial<LicensePolicy> & Pick<LicensePolicy, 'required'>;
    };
    const { required, allow = [], deny = [] } = licenses;
    for (const [index, id] of deny.entries()) {
      if (!allow.includes(id)) continue;
      report(
        ['licenses', 'deny', index],
        'duplicate-license',
        `${quote(id)} is both allowed and denied.`,
        'Keep it in one of the lists.',
      );
    }
    return { required, allow, deny };
  });
}

/** Writes a licence policy as {@link readLicensePolicy} reads it. */
export function writeLicensePolicy(policy: LicensePolicy): Uint8Array {
  return writeToml({
    licenses: { required: policy.required, allow: nonEmpty(policy.allow), deny: nonEmpty(policy.deny) },
  });
}
