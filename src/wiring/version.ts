import { readFileSync } from 'node:fs';

/** The version of sheaf, from the package that this file lies in. */
export function sheafVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
