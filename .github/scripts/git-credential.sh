#!/usr/bin/env bash
# A credential helper of git (gitcredentials(7)) that answers with the token of the job. Checkouts keep no token, so a
# step that pushes or reads a private repository names this file in GIT_CONFIG_VALUE_0 and its token in GIT_TOKEN;
# nothing lies in a file afterwards, and no other step has it.
set -euo pipefail
[[ "${1:-}" == get ]] || exit 0
printf 'username=%s\npassword=%s\n' "${GIT_USERNAME:-x-access-token}" "${GIT_TOKEN:?}"
