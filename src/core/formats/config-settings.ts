import { parse } from 'smol-toml';
import { closest } from '../did-you-mean.ts';
import { removeTomlValue, setTomlValue, tomlString } from '../documents/toml-edit.ts';
import { SheafError } from '../errors.ts';
import { valueOf } from '../finding.ts';
import { quote } from '../text.ts';
import { readConfig } from './config-file.ts';

/** The settings of config.toml by dotted key, for `sheaf config list | get | set | unset`. */

/** A setting that is there: lists are shown as their entries with commas between them. */
export interface Setting {
  readonly key: string;
  readonly value: string;
}

/** How a value is written in TOML: in quotes, as a list of such, or as it is typed. */
type Kind = 'text' | 'list' | 'number' | 'flag';

const POLICY_KEYS: Readonly<Record<string, Kind>> = {
  'policy.allow': 'list',
  'policy.deny': 'list',
  'policy.tiers': 'list',
  'policy.allow_capabilities': 'list',
  'policy.deny_capabilities': 'list',
  'policy.allow_licenses': 'list',
  'policy.deny_licenses': 'list',
  'policy.minimum_score': 'number',
  'policy.minimum_release_age': 'text',
  'policy.required_reviews': 'number',
  'policy.require_sk': 'flag',
  'policy.on_key_change': 'text',
};

/** Every setting of the text, in its order. The text must be one that `readConfig` accepts. */
export function listSettings(text: string): readonly Setting[] {
  return flatten(parse(text), []);
}

/**
 * The value of one setting; undefined when it is not set.
 *
 * @throws SheafError `SHEAF_USAGE` when no setting has that key.
 */
export function getSetting(text: string, key: string): string | undefined {
  const settings = listSettings(text);
  const there = settings.find((setting) => setting.key === key);
  if (there === undefined && kindOf(key) === undefined) throw unknownKey(key, settings);
  return there?.value;
}

/**
 * The text with a setting changed; lists are given with commas between their entries.
 *
 * @param file names config.toml in errors.
 * @throws SheafError `SHEAF_USAGE` when no setting has that key or the value does not fit.
 */
export function setSetting(text: string, key: string, value: string, file: string): string {
  const source = sourceOf(settableKind(text, key), value);
  const edited = setTomlValue(text, key.split('.'), source);
  const reading = readConfig(new TextEncoder().encode(edited), file);
  const [finding] = reading.findings;
  if (reading.value === undefined && finding !== undefined) {
    throw new SheafError('SHEAF_USAGE', `${quote(value)} is no value for ${key}.`, {
      hint: finding.fix ?? finding.message,
      details: { findings: reading.findings },
    });
  }
  valueOf(reading);
  return edited;
}

/** The text without a setting, so that its default holds. */
export function unsetSetting(text: string, key: string): string {
  settableKind(text, key);
  return removeTomlValue(text, key.split('.'));
}

function settableKind(text: string, key: string): Kind {
  const kind = kindOf(key);
  if (kind !== undefined) return kind;
  // A registry is a decision about trust: its root was shown and agreed to, which no `config set` may skip.
  if (/^registries(\.|$)/.test(key)) {
    throw new SheafError('SHEAF_USAGE', `${quote(key)} cannot be set by hand.`, {
      hint: 'Use `sheaf registry add` and `sheaf registry remove`.',
    });
  }
  throw unknownKey(key, listSettings(text));
}

function kindOf(key: string): Kind | undefined {
  if (Object.hasOwn(POLICY_KEYS, key)) return POLICY_KEYS[key];
  if (/^routes\.[a-z0-9-]*\*?$/.test(key)) return 'list';
  return /^engines\.[a-z0-9_-]+$/.test(key) ? 'text' : undefined;
}

function unknownKey(key: string, settings: readonly Setting[]): SheafError {
  const known = [...Object.keys(POLICY_KEYS), ...settings.map((setting) => setting.key)];
  const meant = closest(key, known);
  return new SheafError('SHEAF_USAGE', `There is no setting ${quote(key)}.`, {
    hint:
      meant === undefined
        ? `The settings are ${Object.keys(POLICY_KEYS).join(', ')} engines.<name> and routes.<pattern>.`
        : `Did you mean ${meant}?`,
  });
}

function sourceOf(kind: Kind, value: string): string {
  if (kind === 'list') return listSource(value);
  const isLiteral = kind === 'number' ? /^(0|[1-9][0-9]{0,5})$/.test(value) : /^(true|false)$/.test(value);
  // What is no number, or neither true nor false, becomes a text, which the schema refuses in its own words.
  return kind !== 'text' && isLiteral ? value : tomlString(value);
}

function listSource(value: string): string {
  const entries = value.split(',').map((entry) => entry.trim());
  return `[${entries
    .filter((entry) => entry !== '')
    .map(tomlString)
    .join(', ')}]`;
}

function flatten(table: Readonly<Record<string, unknown>>, path: readonly string[]): readonly Setting[] {
  return Object.entries(table).flatMap(([name, value]) => {
    const at = [...path, name];
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return flatten(value as Readonly<Record<string, unknown>>, at);
    }
    return [{ key: at.join('.'), value: Array.isArray(value) ? value.join(', ') : String(value) }];
  });
}
