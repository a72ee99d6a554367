import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LICENCE_FILE, licencesIn, licenceTextsFit } from './licence-text.ts';

const MIT = `The "MIT" License\n\nPermission is hereby granted, free of charge, to any person
  obtaining a copy of this software … The above copyright notice and this permission notice shall be included …`;
const ISC = `# Permission to use, copy, modify, and/or distribute this software for any purpose
# with or without fee is hereby granted, provided that the above copyright notice …`;
const BSD = 'Redistributions in binary form must reproduce the above copyright notice …';

describe('licencesIn', () => {
  it('knows a text however it is wrapped, quoted or commented out', () => {
    expect(licencesIn(MIT)).toEqual(['MIT']);
    expect(licencesIn(MIT.replaceAll('\n', '\r\n * '))).toEqual(['MIT']);
    expect(licencesIn(ISC)).toEqual(['ISC']);
  });

  it('tells licences apart that share their words', () => {
    expect(licencesIn(ISC.replace(/, provided.*/s, '.'))).toEqual(['0BSD']);
    expect(licencesIn(MIT.replace(/The above.*/s, ''))).toEqual(['MIT-0']);
    expect(licencesIn(BSD)).toEqual(['BSD-2-Clause']);
    expect(licencesIn(`${BSD} Neither the name of the holder …`)).toEqual(['BSD-3-Clause']);
  });

  it('finds all of several, and none in the text of no licence it knows', () => {
    expect(licencesIn(`${MIT}\n${ISC}`)).toEqual(['ISC', 'MIT']);
    expect(licencesIn('All rights reserved. MIT License.')).toEqual([]);
  });

  it('knows the licence of sheaf itself', () => {
    const text = readFileSync(new URL('../../../LICENSE', import.meta.url), 'utf8');
    expect(licencesIn(text)).toEqual(['Apache-2.0']);
  });
});

it.each([
  ['MIT', ['MIT'], true],
  ['mit', ['MIT'], true],
  ['MIT', ['Apache-2.0'], false],
  ['MIT OR Apache-2.0', ['Apache-2.0'], true],
  ['MIT AND Zlib', ['MIT'], false],
  ['(MIT AND ISC) OR GPL-3.0-or-later', ['GPL-3.0'], true],
  ['GPL-2.0+', ['GPL-2.0'], true],
  ['GPL-2.0-only', ['GPL-3.0'], false],
  ['Apache-2.0 WITH LLVM-exception', ['Apache-2.0'], true],
  ['LicenseRef-own', ['MIT'], undefined],
  ['MIT', [], undefined],
] as const)('%s and a text of %j: %s', (expression, stated, fit) => {
  expect(licenceTextsFit(expression, stated)).toBe(fit);
});

it.each(['LICENSE', 'licence.md', 'COPYING', 'LICENSE-MIT', 'UNLICENSE'])('looks into %s', (name) => {
  expect(LICENCE_FILE.test(name)).toBe(true);
});

it.each(['licenses/a', 'mylicense', 'license_check.js', 'LICENSE-x/y'])('does not look into %s', (name) => {
  expect(LICENCE_FILE.test(name)).toBe(false);
});
