const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A number of bytes for people, in decimal units with three digits: `831 B`, `1.24 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit: string = 'B';
  for (const next of UNITS) {
    // 999.5 kB would round to "1000 kB".
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toPrecision(3)} ${unit}`;
}

/** `1 plugin`, `2 plugins`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}
