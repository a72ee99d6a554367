import { type JsonContext, jsonFault, parseJson } from '../documents/strict-json.ts';

/** What a build says of itself: an in-toto statement with SLSA provenance. */
export interface BuildStatement {
  /** SHA-256 digests of everything that it is about. */
  readonly digests: readonly string[];
  /** Where it says that the source came from; both absent where it says neither. */
  readonly repository?: string;
  readonly commit?: string;
}

const CONTEXT: JsonContext = { what: 'The statement of the attestation', code: 'SHEAF_INVALID_FILE' };
const STATEMENT = 'https://in-toto.io/Statement/v1';
const PROVENANCE = 'https://slsa.dev/provenance/v1';

/**
 * Reads the payload of an envelope: in-toto Statement v1 with the predicate SLSA Provenance v1, as build services of
 * forges write it.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`.
 */
export function readBuildStatement(bytes: Uint8Array): BuildStatement {
  const statement = parseJson(bytes, CONTEXT);
  if (at(statement, '_type') !== STATEMENT) throw jsonFault(CONTEXT, `is not of the type ${STATEMENT}`);
  if (at(statement, 'predicateType') !== PROVENANCE) throw jsonFault(CONTEXT, `is no ${PROVENANCE}`);
  const definition = at(statement, 'predicate', 'buildDefinition');
  const repository = at(definition, 'externalParameters', 'workflow', 'repository');
  // Of what went into the build the source comes first; other tools that it used follow.
  const commit = listOf(at(definition, 'resolvedDependencies'))
    .map((dependency) => at(dependency, 'digest', 'gitCommit'))
    .find((one) => typeof one === 'string');
  return {
    digests: listOf(at(statement, 'subject')).flatMap((subject) => {
      const digest = at(subject, 'digest', 'sha256');
      return typeof digest === 'string' ? [digest] : [];
    }),
    ...(typeof repository === 'string' ? { repository } : {}),
    ...(typeof commit === 'string' ? { commit } : {}),
  };
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (holder, key) =>
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
        ? (holder as Readonly<Record<string, unknown>>)[key]
        : undefined,
    value,
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
