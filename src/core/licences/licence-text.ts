import { licenseIds, licenseSuffices } from '../formats/spdx.ts';

/** Names under which a licence text is looked for, at the top of a plugin: `LICENSE`, `LICENSE-MIT`, `COPYING.txt`. */
export const LICENCE_FILE: RegExp = /^(?:licen[cs]e|copying|unlicen[cs]e)(?:[.-][^/]*)?$/i;

interface KnownText {
  readonly id: string;
  /** Phrases that all stand in it, as {@link plainWords} writes them. */
  readonly has: readonly string[];
  /** Phrases of a text that says more. */
  readonly lacks?: readonly string[];
}

const ISC_GRANT = 'distribute this software for any purpose with or without fee is hereby granted';
const ISC_NOTICE = 'provided that the above copyright notice';
const MIT_GRANT =
  'permission is hereby granted free of charge to any person obtaining a copy of this software';
const MIT_NOTICE = 'the above copyright notice and this permission notice';
const BSD_GRANT = 'redistributions in binary form must reproduce the above copyright notice';
const BSD_NAMES = /(neither the names? of|may not be used to endorse)/;

/** The texts that plugins come with, by phrases that no other of them has; not a list of all licences. */
const KNOWN: readonly KnownText[] = [
  { id: '0BSD', has: [ISC_GRANT], lacks: [ISC_NOTICE] },
  { id: 'AGPL-3.0', has: ['gnu affero general public license version 3 19 november 2007'] },
  { id: 'Apache-2.0', has: ['apache license version 2.0 january 2004'] },
  { id: 'BSL-1.0', has: ['boost software license version 1.0'] },
  { id: 'BlueOak-1.0.0', has: ['blue oak model license version 1.0.0'] },
  { id: 'CC0-1.0', has: ['cc0 1.0 universal'] },
  { id: 'EPL-2.0', has: ['eclipse public license v 2.0'] },
  { id: 'GPL-2.0', has: ['gnu general public license version 2 june 1991'] },
  { id: 'GPL-3.0', has: ['gnu general public license version 3 29 june 2007'] },
  { id: 'ISC', has: [ISC_GRANT, ISC_NOTICE] },
  { id: 'LGPL-2.1', has: ['gnu lesser general public license version 2.1 february 1999'] },
  { id: 'LGPL-3.0', has: ['gnu lesser general public license version 3 29 june 2007'] },
  { id: 'MIT', has: [MIT_GRANT, MIT_NOTICE] },
  { id: 'MIT-0', has: [MIT_GRANT], lacks: [MIT_NOTICE] },
  { id: 'MPL-2.0', has: ['mozilla public license version 2.0'] },
  { id: 'Unlicense', has: ['this is free and unencumbered software released into the public domain'] },
  { id: 'Zlib', has: ['altered source versions must be plainly marked as such'] },
];

const KNOWN_IDS: ReadonlySet<string> = new Set([
  ...KNOWN.map(({ id }) => id.toLowerCase()),
  'bsd-2-clause',
  'bsd-3-clause',
]);

/** SPDX ids of the licences whose text stands in a file; GNU licences without `-only` and `-or-later`. */
export function licencesIn(text: string): readonly string[] {
  const words = plainWords(text);
  const found = KNOWN.filter(
    ({ has, lacks = [] }) =>
      has.every((phrase) => words.includes(phrase)) && !lacks.some((phrase) => words.includes(phrase)),
  ).map(({ id }) => id);
  if (!words.includes(BSD_GRANT)) return found;
  return [...found, BSD_NAMES.test(words) ? 'BSD-3-Clause' : 'BSD-2-Clause'];
}

/**
 * Whether the texts of a plugin are those of its licence expression: for an OR the text of one side suffices, for an
 * AND those of both are needed. `stated` are the licences whose texts were found.
 *
 * @returns undefined when it cannot be told: no text is known, or the expression names a licence that is not.
 */
export function licenceTextsFit(expression: string, stated: readonly string[]): boolean | undefined {
  if (stated.length === 0) return undefined;
  const allow = stated.flatMap((id) => [id, `${id}-only`, `${id}-or-later`]);
  if (licenseSuffices(expression, { allow, deny: [] })) return true;
  const areKnown = licenseIds(expression).every((id) =>
    KNOWN_IDS.has(id.toLowerCase().replace(/(?:\+|-only|-or-later)$/, '')),
  );
  return areKnown ? false : undefined;
}

/** Letters, digits and full stops inside words; so that wrapping, quotes, comment signs and Markdown make no difference. */
function plainWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, ' ')
    .replace(/\.(?= |$)/g, '')
    .replace(/ +/g, ' ');
}
