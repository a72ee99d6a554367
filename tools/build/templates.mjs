/** The directories that come with the package as they are in the repository (src/io/template-files.ts). */
export const TEMPLATES = [
  'examples/plugins/sdk',
  'examples/registry',
  'examples/templates',
  '.github/ISSUE_TEMPLATE',
  '.github/actions',
  '.github/scripts',
  '.github/workflows',
];
