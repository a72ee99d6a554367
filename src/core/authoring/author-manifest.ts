/** The author's manifest: at the top of a folder or archive, or a custom section of a bare module. */
export const AUTHOR_MANIFEST = 'sheaf.plugin.toml';
