import type { BuiltPlugin } from '../../ops/authors/build-plugin.ts';
import { findingLines } from './findings.ts';
import { bold, dim, green, type Line } from './line.ts';
import { formatBytes } from './size.ts';

/** A plugin that was built, for people. */
export function buildLines(built: BuiltPlugin): readonly Line[] {
  const { name, version, output, size, sha256, commands, capabilities } = built;
  return [
    [green('Built'), ' ', bold(name), ` ${version}: ${output}, ${formatBytes(size)}`],
    [dim(`  sha256:${sha256}`)],
    ...(commands === undefined ? [] : [`  commands: ${commands.join(', ') || 'none'}`]),
    ...(capabilities === undefined ? [] : [`  capabilities: ${capabilities.join(', ') || 'none'}`]),
    ...findingLines(built.findings),
  ];
}
