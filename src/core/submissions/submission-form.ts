import { SheafError } from '../errors.ts';
import { isPluginName, type PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';

/** What somebody wrote into the issue form by which a release is submitted without any tool. */
export interface SubmissionForm {
  readonly plugin: PluginName;
  /** As it was written: an address or `owner/name`. */
  readonly repository: string;
  readonly tag: string;
}

/** Labels of the fields, as the form of a registry has them. */
export const FORM_FIELDS = { plugin: 'Plugin name', repository: 'Repository', tag: 'Release tag' } as const;

/** What a forge writes for a field that was left empty. */
const EMPTY = '_No response_';

/**
 * Reads the body of an issue that a form made: a heading and a paragraph for each field. Whoever writes the body by hand
 * has to write it like that, each field once and in one line.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` with the sentence that the author is told.
 */
export function readSubmissionForm(body: string): SubmissionForm {
  const fields = new Map<string, string>();
  for (const section of body.replaceAll('\r\n', '\n').split(/^### /m).slice(1)) {
    const [title = '', ...lines] = section.split('\n');
    const name = title.trim();
    if (fields.has(name)) throw refused(`The form has the field ${quote(name)} twice.`);
    fields.set(name, lines.join('\n').trim());
  }
  const [plugin, repository, tag] = [
    lineOf(fields, FORM_FIELDS.plugin),
    lineOf(fields, FORM_FIELDS.repository),
    lineOf(fields, FORM_FIELDS.tag),
  ];
  if (!isPluginName(plugin)) throw refused(`${quote(plugin)} is not the name of a plugin.`);
  // git-check-ref-format(1), narrowed to what tags are ever called.
  if (!/^[A-Za-z0-9][A-Za-z0-9._+/-]{0,99}$/.test(tag) || /\.\.|\/\/|\/$|\.lock$/.test(tag)) {
    throw refused(`${quote(tag)} is not the name of a tag.`);
  }
  return { plugin, repository, tag };
}

function lineOf(fields: ReadonlyMap<string, string>, name: string): string {
  const text = fields.get(name);
  if (text === undefined || text === '' || text === EMPTY)
    throw refused(`The field ${quote(name)} is empty.`);
  if (text.length > 200 || text.includes('\n'))
    throw refused(`The field ${quote(name)} is not one short line.`);
  return text;
}

function refused(sentence: string): SheafError {
  return new SheafError('SHEAF_INVALID_FILE', sentence, { hint: 'Correct it in a new issue.' });
}
