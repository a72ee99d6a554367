import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { nonEmpty, writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { validate as validateCategory } from '../validators/category.generated.js';

/** One category: `registry/categories/<category>.toml`; the file name is its id. */
export interface CategoryFile {
  readonly title: string;
  readonly description: string;
  /** What reviewers of this category must know. */
  readonly expertise: readonly string[];
}

/** Reads a category file. */
export function readCategoryFile(bytes: Uint8Array, file: string): Reading<CategoryFile> {
  return readDocument(parseToml(bytes, file), validateCategory, (document) => {
    const { category } = document.value as unknown as {
      readonly category: Omit<CategoryFile, 'expertise'> & Partial<CategoryFile>;
    };
    return {
      title: category.title,
      description: category.description,
      expertise: category.expertise ?? [],
    };
  });
}

/** Writes a category file as {@link readCategoryFile} reads it. */
export function writeCategoryFile(file: CategoryFile): Uint8Array {
  return writeToml({
    category: { title: file.title, description: file.description, expertise: nonEmpty(file.expertise) },
  });
}
