import { LIMITS } from '../limits.ts';
import { uncleanCharacter } from '../text.ts';

// Win32 "Naming Files, Paths, and Namespaces": device names, also with an extension and with superscript digits.
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])$/i;
// No Windows file system has them; a colon would also name a drive or an NTFS stream, a backslash a directory.
const FORBIDDEN = /[<>:"|?*\\]/;

/**
 * What is wrong with a path as the name of an unpacked file, as the end of a sentence that begins with it;
 * undefined when it means the same file below the same directory on every system.
 */
export function archiveNameFault(path: string): string | undefined {
  if (path.length > LIMITS.archivePathBytes || Buffer.byteLength(path) > LIMITS.archivePathBytes) {
    return `is longer than ${LIMITS.archivePathBytes} bytes`;
  }
  if (path.startsWith('/')) return 'is an absolute path';
  if (/^[a-z]:/i.test(path)) return 'begins with a drive letter';
  if (path.includes('\\')) return 'contains a backslash';
  // U+FFFD stands where bytes were not UTF-8: nobody can tell which name was meant.
  if (path.includes('\ufffd')) return 'is not valid UTF-8';
  const unclean = /[\n\t]/.test(path) ? 'a line break or tab' : uncleanCharacter(path);
  if (unclean !== undefined) return `contains ${unclean}`;
  if (path.normalize('NFC') !== path) return 'is not in Unicode normalisation form C';
  const components = path.split('/');
  if (components.length > LIMITS.archiveDepth) return `lies deeper than ${LIMITS.archiveDepth} directories`;
  for (const component of components) {
    const fault = componentFault(component);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * The same for two paths that some file system takes for one: APFS and HFS+ fold case and compatibility
 * forms, NTFS folds case. Folds more than any of them does; a false alarm costs an author one renamed file.
 */
export function foldArchivePath(path: string): string {
  return path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

function componentFault(component: string): string | undefined {
  if (component === '') return 'has an empty component';
  if (component === '..') return 'leads out of the archive with ".."';
  if (component === '.') return 'has a component "."';
  if (Buffer.byteLength(component) > LIMITS.archiveNameBytes) {
    return `has a component longer than ${LIMITS.archiveNameBytes} bytes`;
  }
  if (FORBIDDEN.test(component)) return 'contains a character that file names cannot have everywhere';
  // Windows drops them, so that "a." and "a" would be one file.
  if (/[. ]$/.test(component)) return 'has a component that ends in a dot or a space';
  const stem = component.split('.', 1)[0] ?? component;
  if (DEVICE.test(stem.trimEnd())) return 'has a component that names a device on Windows';
  return undefined;
}
