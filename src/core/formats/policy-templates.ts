/**
 * The policy files of a new registry, by path. The values are careful ones: machines merge only what changes
 * nothing but a version, and each tier asks for more than the one before.
 */
export function policyTemplates(): Readonly<Record<string, string>> {
  return {
    'registry/policy/automerge.toml': AUTOMERGE,
    'registry/policy/tiers.toml': TIERS,
    'registry/policy/licenses.toml': LICENSES,
    'registry/policy/capabilities.toml': CAPABILITIES,
    'registry/policy/reviewers.toml': REVIEWERS,
  };
}

const AUTOMERGE = `# Which release pull requests machines may merge.
[automerge]
# Only a new version of a known plugin by its own owner, without wider capabilities and without a tier change.
enabled = true
# How long a green pull request waits, so that an owner whose key was stolen can notice.
delay = "0s"
# A new plugin of the tier wasm merges after this time without objection; left out, it needs an approval.
new_plugins_after = "72h"
# The highest severity of a scan finding that still merges.
max_severity = "low"
tiers = ["wasm"]
`;

const TIERS = `# What a plugin must show before it is granted a tier. Who asks for more than it has shown gets the tier below.
[wasm]
approvals = 1
scan_score = 70

[native]
approvals = 3
maintainers = 1
scan_score = 90
performance_validated = true
# More than 100.
downloads = 101
incident_free_days = 30
security_audit = true
performance_review = true

[core]
approvals = 3
maintainers = 2
scan_score = 95
performance_validated = true
incident_free_days = 180
rating = 4.0
security_audit = true
performance_review = true
strategic_importance = true
host_agreement = true
`;

const LICENSES = `# SPDX ids. A plugin passes when its licence expression can be satisfied.
[licenses]
required = true
# allow = ["MIT", "Apache-2.0"]     # any when left out
deny = []
`;

const CAPABILITIES = `# What plugins may ask the host for. A capability that is not listed here cannot be asked for.
[capability.query]
description = "Ask the host questions about its data"
risk = "low"

[capability.storage]
description = "Keep data of its own between runs"
risk = "low"

# [capability.network]
# description = "Talk to other machines"
# risk = "high"
# tiers = ["native", "core"]
`;

const REVIEWERS = `# Who reviews submissions, and how they are asked.
[routing]
# Reviewers asked for each submission, by expertise and load, never its author.
reviewers = 3
remind_after = "24h"
# When nobody answers, the maintainers are asked.
fallback_after = "72h"

# One table a reviewer; the name is the one under which signatures are made.
# [reviewer.alice]
# expertise = ["security", "performance"]
# maintainer = true
# max_open = 5
[reviewer]
`;
