// The record of a generated plugin, for indexes that are built in memory.

/** What the index knows of a generated plugin. */
export function recordOf(plugin) {
  const { name, category, owner, description, keywords, license, tier, languages, versions } = plugin;
  return {
    name,
    description,
    category,
    keywords,
    authors: [],
    owner,
    license,
    version: versions.at(-1),
    versions: versions.length,
    tier: { requested: tier, granted: tier },
    capabilities: [],
    languages,
    engines: {},
    downloads: plugin.downloads,
    score: plugin.score,
  };
}
