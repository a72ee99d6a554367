import type { ChangeRule } from './change-rule.ts';
import { CONTENT_RULES } from './content-rules.ts';
import { companions } from './rules/companions.ts';
import { nameDistance } from './rules/name-distance.ts';
import { nothingElse } from './rules/nothing-else.ts';
import { nothingModified } from './rules/nothing-modified.ts';
import { ownerDistance } from './rules/owner-distance.ts';
import { ownerFiles } from './rules/owner-files.ts';
import { place } from './rules/place.ts';
import { plainFiles } from './rules/plain-files.ts';
import { registryId } from './rules/registry-id.ts';
import { removedName } from './rules/removed-name.ts';
import { reservedName } from './rules/reserved-name.ts';
import { sameNameElsewhere } from './rules/same-name-elsewhere.ts';
import { signatures } from './rules/signatures.ts';
import { submitter } from './rules/submitter.ts';
import { transfer } from './rules/transfer.ts';

/** What a change of a registry has to fulfil, in the order in which it is reported. */
export const CHANGE_RULES: readonly ChangeRule[] = [
  // Who may change what, and where.
  nothingElse,
  nothingModified,
  plainFiles,
  companions,
  place,
  registryId,
  sameNameElsewhere,
  nameDistance,
  reservedName,
  removedName,
  submitter,
  signatures,
  transfer,
  ownerFiles,
  ownerDistance,
  // What is in a release.
  ...CONTENT_RULES,
];
