#!/usr/bin/env bash
# The website between two runs: the branch `pages` holds what static hosting serves, because a deployment replaces all
# of it and clients still need objects of the last 30 days. The branch has one commit and no history.
#
#   site.sh restore DIR    the branch into the new directory DIR; an empty one where there is no branch yet
#   site.sh save DIR       DIR becomes the branch, unless somebody else saved since it was restored
set -euo pipefail
directory=${2:?}
case "${1:-}" in
  restore)
    mkdir -- "$directory"
    status=0
    git ls-remote --exit-code --quiet origin refs/heads/pages >/dev/null || status=$?
    if ((status == 2)); then exit 0; fi
    ((status == 0))
    git fetch --quiet --no-tags --depth=1 origin +refs/heads/pages:refs/sheaf/restored
    git archive refs/sheaf/restored | tar --extract --directory="$directory"
    ;;
  save)
    before=$(git rev-parse --verify --quiet refs/sheaf/restored || true)
    GIT_INDEX_FILE=$(mktemp -d)/index
    export GIT_INDEX_FILE
    git -C "$directory" --git-dir="$PWD/.git" --work-tree=. add --all --force -- .
    tree=$(git write-tree)
    commit=$(git -c user.name=sheaf -c user.email=sheaf@sheaf.invalid commit-tree -m 'Publish the site' "$tree")
    git push --quiet --force-with-lease="refs/heads/pages:$before" origin "$commit:refs/heads/pages"
    ;;
  *)
    exit 2
    ;;
esac
