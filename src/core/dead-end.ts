import { isMissedPrerelease } from './candidates.ts';
import { type ErrorCode, SheafError } from './errors.ts';
import type { PluginName } from './plugin-name.ts';
import type { ReleasesRecord, VersionRecord } from './records.ts';
import type { Version, VersionRange } from './version.ts';

/** Somebody asks for a plugin. */
export interface Ask {
  /** The chosen version that depends on it; undefined for what sheaf.toml or the command line wants. */
  readonly by: { readonly name: PluginName; readonly version: Version } | undefined;
  readonly range: VersionRange;
  /** Registry id. */
  readonly registry: string;
  readonly optional: boolean;
}

/** A plugin of which no version could be chosen: data, from which {@link refusal} makes the sentences. */
export interface DeadEnd {
  readonly name: PluginName;
  readonly registry: string | undefined;
  readonly asks: readonly Ask[];
  /** Undefined when the registry has no such plugin. */
  readonly record: ReleasesRecord | undefined;
  readonly rejections: readonly Rejection[];
}

/** Why one version was not chosen. Its absence is the "version" undefined. */
export interface Rejection {
  readonly version: Version | undefined;
  readonly because: /** It lies outside what somebody asks for. */
    | 'range'
    /** It can never be chosen here; the end of a sentence that begins with its name. */
    | { readonly excluded: string }
    /** It depends on something that others need differently. */
    | { readonly needs: PluginName; readonly range: VersionRange; readonly asks: readonly Ask[] }
    /** Whatever else was tried with it failed there. */
    | DeadEnd;
}

/** One reason, and what can be done about it. */
interface Reason {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly hint: string;
}

const MAX_REASONS = 20;

/** The error for a dead end: the first reason as its message, all of them in `details.reasons`. */
export function refusal(deadEnd: DeadEnd): SheafError {
  const reasons = reasonsOf(deadEnd);
  const [first] = reasons;
  if (first === undefined)
    throw new SheafError('SHEAF_INTERNAL', `Resolution of ${deadEnd.name} failed without a reason.`);
  const others = reasons.length - 1;
  const tail =
    others === 0
      ? ''
      : ` Other versions do not help, for ${others} more ${others === 1 ? 'reason' : 'reasons'}.`;
  return new SheafError(others === 0 ? first.code : 'SHEAF_RESOLUTION', `${first.sentence}.${tail}`, {
    hint: first.hint,
    details: { reasons: reasons.map(({ sentence }) => `${sentence}.`) },
  });
}

/** The error for a wanted plugin that no registry has. */
export function unknownPlugin(name: PluginName, registry: string | undefined): SheafError {
  return new SheafError(
    'SHEAF_UNKNOWN_PLUGIN',
    registry === undefined
      ? `No configured registry has a plugin named ${name}.`
      : `The registry ${registry} has no plugin named ${name}, or is not configured.`,
    {
      hint: 'Check the name with `sheaf search`, or add the registry that has it with `sheaf registry add`.',
      details: { name, ...(registry === undefined ? {} : { registry }) },
    },
  );
}

/** The distinct reasons below a dead end, in the order in which the search met them. */
function reasonsOf(deadEnd: DeadEnd): readonly Reason[] {
  const reasons = new Map<string, Reason>();
  const seen = new Set<DeadEnd>();
  const visit = (node: DeadEnd): void => {
    if (seen.has(node) || reasons.size >= MAX_REASONS) return;
    seen.add(node);
    for (const { because } of node.rejections) {
      if (typeof because === 'object' && 'rejections' in because) visit(because);
    }
    for (const reason of ownReasons(node)) reasons.set(reason.sentence, reason);
  };
  visit(deadEnd);
  return [...reasons.values()].slice(0, MAX_REASONS);
}

/** What is wrong at this plugin itself: who asks for what, and why its versions do not do. */
function ownReasons(node: DeadEnd): readonly Reason[] {
  const asked = node.asks.map((ask) => sentenceOf(ask, node.name));
  if (node.record === undefined) return [missing(node, asked)];
  const registries = new Set(node.asks.map((ask) => ask.registry));
  if (registries.size > 1) return [twoRegistries(node)];
  const excluded = node.rejections.flatMap(({ version, because }) =>
    typeof because === 'object' && 'excluded' in because
      ? [`${node.name} ${version} ${because.excluded}`]
      : [],
  );
  const contradictions = node.rejections.flatMap(({ version, because }) => {
    if (typeof because !== 'object' || !('needs' in because)) return [];
    const { needs, range, asks } = because;
    const other =
      asks.length === 0 ? `it has the version ${version}` : list(asks.map((ask) => sentenceOf(ask, needs)));
    return [`${node.name} ${version} needs ${needs} ${range}, but ${other}`];
  });
  const [newestExcluded] = excluded;
  if (newestExcluded !== undefined) {
    const more = excluded.length === 1 ? '' : ` (${excluded.length - 1} more excluded)`;
    return [
      {
        code: 'SHEAF_RESOLUTION',
        sentence: `${list(asked)}, but ${newestExcluded}${more}`,
        hint: `Ask for another version of ${node.name}, or change what stands in its way: ${newestExcluded}.`,
      },
      ...contradictions.map((sentence) => contradiction(sentence, node.name)),
    ];
  }
  if (contradictions.length > 0) return contradictions.map((sentence) => contradiction(sentence, node.name));
  return node.rejections.every(({ because }) => because === 'range')
    ? [noVersion(node, asked, node.record)]
    : [];
}

function missing(node: DeadEnd, asked: readonly string[]): Reason {
  return {
    code: 'SHEAF_UNKNOWN_PLUGIN',
    sentence: `${list(asked)}, but the registry ${node.registry ?? ''} has no plugin of that name`,
    hint: 'Ask for another version of what needs it, or tell its author.',
  };
}

function twoRegistries(node: DeadEnd): Reason {
  const from = node.asks.map((ask) => `${sentenceOf(ask, node.name)} from the registry ${ask.registry}`);
  return {
    code: 'SHEAF_RESOLUTION',
    sentence: `${list(from)}, but only one plugin of a name can be installed`,
    hint: `Name one registry for ${node.name} in sheaf.toml, or remove one of those that need it.`,
  };
}

function noVersion(node: DeadEnd, asked: readonly string[], record: ReleasesRecord): Reason {
  const newest = record.versions[0]?.version;
  const beta = record.versions.find((version) => isMissedByAll(version, node.asks));
  const none = node.asks.length === 1 ? 'no version fits' : `no version of ${node.name} fits them all`;
  const isWantedOnly = node.asks.every((ask) => ask.by === undefined);
  const where = beta === undefined ? '' : `; only pre-releases such as ${beta.version} would`;
  return {
    code: isWantedOnly ? 'SHEAF_UNKNOWN_VERSION' : 'SHEAF_RESOLUTION',
    sentence: `${list(asked)}, but ${none}${where}`,
    hint:
      beta === undefined
        ? `${wayOut(node)}${newest === undefined ? '' : ` The newest version of ${node.name} is ${newest}.`}`
        : `Name the pre-release in the range: ${node.name}@${beta.version}.`,
  };
}

function isMissedByAll(version: VersionRecord, asks: readonly Ask[]): boolean {
  return asks.every((ask) => isMissedPrerelease(version, ask.range));
}

function contradiction(sentence: string, name: PluginName): Reason {
  return {
    code: 'SHEAF_RESOLUTION',
    sentence,
    hint: `Ask for another version of ${name} or of what needs the other range, or remove one of them.`,
  };
}

function wayOut(node: DeadEnd): string {
  const others = [...new Set(node.asks.flatMap((ask) => (ask.by === undefined ? [] : [ask.by.name])))];
  if (others.length === 0) return `Ask for another range of ${node.name}.`;
  const isWanted = others.length < node.asks.length;
  const change = isWanted ? `Change the range of ${node.name} in sheaf.toml, or ask` : 'Ask';
  return `${change} for other versions of ${list(others)}.`;
}

function sentenceOf(ask: Ask, name: PluginName): string {
  if (ask.by === undefined) return `${name} ${ask.range} is wanted`;
  return `${ask.by.name} ${ask.by.version} ${ask.optional ? 'works with' : 'needs'} ${name} ${ask.range}`;
}

function list(parts: readonly string[]): string {
  const head = parts.slice(0, -1);
  return head.length === 0 ? (parts[0] ?? '') : `${head.join(', ')} and ${parts.at(-1)}`;
}
