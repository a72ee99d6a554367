/** What decides about colours and animation on one output stream. */
export interface StreamTraits {
  readonly terminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Whether to print colours. In order: `--no-color`; `FORCE_COLOR` (0 and false say no, anything else yes);
 * `NO_COLOR` when not empty (no-color.org); `TERM=dumb`; then, whether it is a terminal.
 */
export function wantsColours({ terminal, environment }: StreamTraits, noColor: boolean): boolean {
  if (noColor) return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  return terminal && environment['TERM'] !== 'dumb';
}

/** Whether lines may be redrawn: on a terminal that can move its cursor, and not in CI logs. */
export function wantsAnimation({ terminal, environment }: StreamTraits): boolean {
  return terminal && environment['TERM'] !== 'dumb' && (environment['CI'] ?? '') === '';
}
