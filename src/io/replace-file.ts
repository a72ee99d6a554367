import { join } from 'node:path';
import type { FileOperations } from './file-operations.ts';
import type { ProjectLayout } from './project/project-layout.ts';

/** How temporary files in `.sheaf` end; whatever a crash leaves of them, a repair removes. */
export const TEMPORARY = '.tmp';

/**
 * Replaces a file of a project as a whole and durably. The temporary file lies in `.sheaf`, on the same file
 * system, where a repair finds it.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  layout: ProjectLayout,
  operations: FileOperations,
): Promise<void> {
  const temporary = join(layout.private, `next${TEMPORARY}`);
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  await operations.remove(temporary);
  await operations.write(temporary, bytes);
  await operations.rename(temporary, path);
  await operations.syncDirectory(join(path, '..'));
}
