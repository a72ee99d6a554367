/** The owner of releases that were converted from another ecosystem's list: a registry's own key signs for it. */
export const IMPORT_OWNER = 'imported';
