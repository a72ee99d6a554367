#!/usr/bin/env bash
# Starts a workflow of this repository on its default branch: what a job does with its own token starts nothing else.
#
#   dispatch.sh WORKFLOW.yml [NAME=VALUE]...
#
# GITHUB_TOKEN needs the permission actions: write; the addresses are those that every job has.
set -euo pipefail
workflow=${1:?}
shift
[[ "$workflow" =~ ^[a-z][a-z-]*\.yml$ ]]
inputs=
for input in "$@"; do
  # Nothing that would need an escape in JSON.
  [[ "$input" =~ ^([a-z][a-z-]*)=([A-Za-z0-9._-]+)$ ]]
  inputs+="${inputs:+,}\"${BASH_REMATCH[1]}\":\"${BASH_REMATCH[2]}\""
done
# The token goes through a file descriptor: arguments can be read by every process of the machine.
curl --silent --show-error --fail-with-body --retry 3 --max-time 60 \
  --header @<(printf 'Authorization: Bearer %s\n' "${GITHUB_TOKEN:?}") \
  --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
  --data "{\"ref\":\"main\",\"inputs\":{$inputs}}" \
  "${GITHUB_API_URL:?}/repos/${GITHUB_REPOSITORY:?}/actions/workflows/$workflow/dispatches"
