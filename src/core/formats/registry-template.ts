import { writeRevoked } from '../signatures/revoked.ts';
import { policyTemplates } from './policy-templates.ts';
import { type CiSystem, FORGE_SETUP } from './workflow-files.ts';

/** The categories that a new registry starts with; its maintainers change them as they like. */
const CATEGORIES: Readonly<Record<string, { title: string; description: string; expertise: string[] }>> = {
  'query-extensions': {
    title: 'Query extensions',
    description: 'New ways to ask the host about its data.',
    expertise: ['query-languages', 'performance'],
  },
  'context-generators': {
    title: 'Context generators',
    description: 'Summaries and excerpts of the data for people and for other programs.',
    expertise: ['data-formats', 'text-processing'],
  },
  visualizers: {
    title: 'Visualizers',
    description: 'Pictures of the data: graphs, charts and maps.',
    expertise: ['graphics', 'accessibility'],
  },
  integrations: {
    title: 'Integrations',
    description: 'Connections to other tools and services.',
    expertise: ['networking', 'security'],
  },
  executors: {
    title: 'Executors',
    description: 'Support for running code in one more language.',
    expertise: ['language-runtimes', 'sandboxing'],
  },
};

/**
 * The files of a new registry repository, by path; all but the trust root, which needs keys.
 *
 * @param id identity of the registry, `[a-z0-9-]+`; it goes into TOML and Markdown as it is.
 * @param ci the forge that publishes it by itself; people do when absent.
 */
export function registryTemplate(id: string, ci?: CiSystem): ReadonlyMap<string, Uint8Array> {
  const texts: Record<string, string> = {
    'registry/registry.toml': registryFile(id),
    ...Object.fromEntries(
      Object.entries(CATEGORIES).map(([name, category]) => [
        `registry/categories/${name}.toml`,
        `[category]\ntitle = "${category.title}"\ndescription = "${category.description}"\n# Reviewers with this expertise in policy/reviewers.toml are asked first.\nexpertise = [${category.expertise.map((tag) => `"${tag}"`).join(', ')}]\n`,
      ]),
    ),
    ...policyTemplates(),
    '.gitattributes': GIT_ATTRIBUTES,
    'README.md': readme(id, ci),
  };
  const encoder = new TextEncoder();
  return new Map([
    ...Object.entries(texts).map(([path, text]) => [path, encoder.encode(text)] as const),
    ['registry/trust/revoked', writeRevoked([])] as const,
  ]);
}

function registryFile(id: string): string {
  return `[registry]
# Signed into every root, checkpoint, owner file and release; it can never change.
id = "${id}"
title = "${id}"
# What the registry is for, in one sentence.
# description = ""
# Where clients may fetch the published index, in order: static files over HTTPS, or a branch of a Git repository.
# index = ["https://plugins.example.org/", "git+https://git.example.org/plugins.git#index"]
index = []
# URL prefixes under which artifacts lie by digest, for when the address of a release fails.
# artifact_mirrors = ["https://mirror.example.org/o/"]
artifact_mirrors = []
# Names that no plugin may take.
reserved_names = ["core", "official"]

# Names of removed plugins, with the reason; nobody can take them again.
[registry.removed_names]

# Versions of the hosts that plugins of this registry run in.
# [engines]
# my-app = { supported = ">=1.0.0 <3" }
`;
}

// Signatures are over bytes: a changed line end in a checkout would break every one of them.
const GIT_ATTRIBUTES = '* -text\n';

function readme(id: string, ci: CiSystem | undefined): string {
  return `# ${id}

A registry of plugins, kept in Git and published as a signed static index. There is no server to run.

| path | holds |
|---|---|
| \`registry/registry.toml\` | what this registry is and where its index is published |
| \`registry/categories/\` | one file a category |
| \`registry/trust/root/\` | the trust root: who may sign what |
| \`registry/trust/owners/\` | the keys of everyone who releases plugins |
| \`registry/policy/\` | what is merged, reviewed, allowed and promoted |
| \`registry/security/\` | advisories, status events, audits |
| \`plugins/<category>/<pp>/<name>/\` | one manifest and one signature for each release; \`<pp>\` is the first two letters of the name |

${ci === undefined ? PUBLISH_BY_HAND : publishByWorkflow(ci)}
## Use it

\`\`\`
sheaf registry add URL
sheaf install NAME
\`\`\`

Every signature is a plain OpenSSH signature: \`ssh-keygen -Y verify\` checks it with the files in this repository.
`;
}

const PUBLISH_BY_HAND = `## Publish it

\`\`\`
sheaf index build . --out public
sheaf index sign public --key CI_KEY
sheaf index publish public --to DIRECTORY_OR_GIT_URL
\`\`\`
`;

function publishByWorkflow(ci: CiSystem): string {
  const steps = FORGE_SETUP[ci].map((step, index) => `${index + 1}. ${step}`);
  return `## Set it up

Pull requests are judged, merged, measured and published by the workflows of this repository. A person does this once:

${steps.join('\n')}
`;
}
