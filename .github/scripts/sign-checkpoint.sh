#!/usr/bin/env bash
# Signs the checkpoint of a built index, and is the only program that ever sees the key.
#
#   sign-checkpoint.sh FIRST SECOND
#
# FIRST and SECOND are the trees that two jobs built independently; the signature is written into FIRST. It runs in a
# checkout of the registry at the commit that is to be published, whose remote is "origin", and takes:
#
#   SHEAF_COMMIT               the commit that was to be built; the checkout must be at it
#   SHEAF_FACTS                the commit of the branch facts that was to be built; empty when there is none
#   SHEAF_BRANCH               the default branch; the commit must lie on it
#   SHEAF_CHECKPOINT_KEY       the private key, as text; or
#   SHEAF_CHECKPOINT_KEY_FILE  the file that has it
#
# bash, coreutils, git and ssh-keygen do all of it: what signs for every user depends on no package that somebody else
# can publish. There is no JSON parser, and none is needed. sheaf writes a checkpoint in one form: known keys in a
# known order, no spaces, one line feed at the end. One regular expression describes that form from the first byte
# to the last, so a duplicate key, an escape, another order or anything before or after is refused, and what the
# expression has captured is what every JSON parser would read. The history is not parsed at all: what it must be
# follows from the published one, and the bytes are compared.
set -euo pipefail
export LC_ALL=C TZ=UTC0
umask 077

fail() {
  printf 'sign-checkpoint: %s\n' "$1" >&2
  exit 1
}

readonly MAX_CHECKPOINT=16384 MAX_LIFE=$((30 * 86400)) MAX_SKEW=300 HISTORY_BLOCK=256
readonly SHA='[0-9a-f]{64}' COMMIT='[0-9a-f]{40}|[0-9a-f]{64}' NUMBER='[1-9][0-9]{0,14}' SIZE='0|[1-9][0-9]{0,14}'
readonly ID='[a-z0-9]+(-[a-z0-9]+)*' TIME='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z'
CHECKPOINT='^\{"schema":"sheaf-checkpoint/1","registry":"('"$ID"')"'
CHECKPOINT+=',"epoch":('"$NUMBER"'),"version":('"$NUMBER"'),"root":('"$NUMBER"')'
CHECKPOINT+=',"issued":"('"$TIME"')","expires":"('"$TIME"')"'
CHECKPOINT+=',"history":\{"sha256":"('"$SHA"')","size":('"$SIZE"')\}'
CHECKPOINT+=',"source":\{"commit":"('"$COMMIT"')","facts":(null|"('"$COMMIT"')")\}'
CHECKPOINT+=',"index":\{"sha256":"('"$SHA"')","size":('"$SIZE"')\}\}$'
readonly CHECKPOINT

# The text of a file of one line, which must end in one line feed. $(…) drops NUL bytes and all line feeds at the end:
# a text from which the very bytes of the file can be made again has lost none.
read_line() { # FILE WHAT
  local text
  [[ -f "$1" && ! -L "$1" ]] || fail "There is no $2."
  text=$(tr -d '\0' <"$1")
  [[ "$(printf '%s\n' "$text" | sha256sum)" == "$(sha256sum <"$1")" ]] || fail "The $2 is not one line of text."
  printf '%s' "$text"
}

# Reads the checkpoint of a position into an array by the names of its fields.
declare -A built=() published=()
read_checkpoint() { # ARRAY FILE POSITION WHAT
  local -n fields=$1
  local text
  text=$(read_line "$2" "$4")
  (($(stat -c %s -- "$2") <= MAX_CHECKPOINT)) || fail "The $4 is too large."
  [[ "$text" =~ $CHECKPOINT ]] || fail "The $4 is not in the form in which sheaf writes one."
  fields=(
    [registry]=${BASH_REMATCH[1]} [epoch]=${BASH_REMATCH[3]} [version]=${BASH_REMATCH[4]} [root]=${BASH_REMATCH[5]}
    [issued]=${BASH_REMATCH[6]} [expires]=${BASH_REMATCH[7]}
    [history]=${BASH_REMATCH[8]} [history_size]=${BASH_REMATCH[9]}
    [commit]=${BASH_REMATCH[10]} [facts]=${BASH_REMATCH[12]}
    [index]=${BASH_REMATCH[13]} [index_size]=${BASH_REMATCH[14]}
  )
  [[ "${fields[epoch]}-${fields[version]}" == "$3" ]] || fail "The $4 is not the one that \"latest\" names."
}

# Seconds since 1970 of a time that exists: date(1) reads 30 February as 2 March.
seconds() { # TIME
  local at
  at=$(date -u -d "$1" +%s 2>/dev/null) || fail "There is no time $1."
  [[ "$(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ)" == "$1" ]] || fail "There is no time $1."
  printf '%s' "$at"
}

# Digest and path of every file of a tree, sorted; a tree with anything but files and directories is refused.
manifest() { # DIRECTORY
  (
    cd -- "$1" || exit 1
    shopt -s globstar dotglob nullglob
    files=()
    for path in **; do
      [[ ! -L "$path" ]] || fail "The build has a link: $path."
      [[ ! -d "$path" ]] || continue
      [[ -f "$path" ]] || fail "The build has something that is no file: $path."
      files+=("$path")
    done
    # In parts: the arguments of one program are limited, and an index may have a hundred thousand files.
    for ((start = 0; start < ${#files[@]}; start += 1000)); do
      sha256sum -- "${files[@]:start:1000}"
    done
  )
}

digest_of() { # FILE
  local sum
  sum=$(sha256sum <"$1")
  printf '%s' "${sum%% *}"
}

# The file of the first build that a checkpoint refers to.
object() { # SHA256 SIZE WHAT
  local file="$first/o/${1:0:2}/$1"
  [[ -f "$file" ]] || fail "The build lacks the $3."
  [[ "$(stat -c %s -- "$file")" == "$2" && "$(digest_of "$file")" == "$1" ]] || fail "The $3 is not what the checkpoint says."
  printf '%s' "$file"
}

# The value of a header line of the trust root, `#@ name value`; every line of the header has its place.
header() { # LINE NAME
  [[ "${root_lines[$1 - 1]:-}" == "#@ $2 "* ]] || fail "The trust root has no $2 at line $1."
  printf '%s' "${root_lines[$1 - 1]#"#@ $2 "}"
}

# What is on a branch of the registry, fetched now; fails where it cannot be told whether the branch is there.
fetch_branch() { # BRANCH -> the commit, or nothing
  local status=0
  git ls-remote --exit-code --quiet origin "refs/heads/$1" >/dev/null || status=$?
  ((status == 2)) && return 0
  ((status == 0)) || fail "The branch $1 cannot be read."
  git fetch --quiet --no-tags origin "+refs/heads/$1:refs/remotes/origin/$1"
  git rev-parse --verify --quiet "refs/remotes/origin/$1^{commit}"
}

# A file as it is in a commit.
from_commit() { # COMMIT PATH FILE
  local entry
  entry=$(git ls-tree "$1" -- "$2")
  [[ "$entry" == "100644 blob "* ]] || fail "$2 is missing in $1."
  git cat-file blob "$1:$2" >"$3"
}

(($# == 2)) || fail 'Usage: sign-checkpoint.sh FIRST SECOND'
first=$1 second=$2
: "${SHEAF_COMMIT:?}" "${SHEAF_BRANCH:?}"
readonly first second
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# The key is out of the environment before another program starts. Keys that people paste lack the line feed at the end,
# and ssh-keygen reads none without it.
if [[ -n "${SHEAF_CHECKPOINT_KEY_FILE:-}" ]]; then
  printf '%s\n' "$(<"$SHEAF_CHECKPOINT_KEY_FILE")" >"$work/key"
else
  printf '%s\n' "${SHEAF_CHECKPOINT_KEY:?}" >"$work/key"
fi
unset SHEAF_CHECKPOINT_KEY SHEAF_CHECKPOINT_KEY_FILE

# 1. Two jobs came to the same bytes, all of them, and nobody has signed yet.
first_files=$(manifest "$first")
second_files=$(manifest "$second")
[[ -n "$first_files" ]] || fail 'The build is empty.'
[[ "$first_files" == "$second_files" ]] || fail 'The two builds differ.'

# 2. The checkpoint, and the commit that it was built from.
latest=$(read_line "$first/latest" 'file "latest" of the build')
[[ "$latest" =~ ^$NUMBER-$NUMBER$ ]] || fail 'The file "latest" of the build names no checkpoint.'
checkpoint=$first/checkpoints/$latest.json
read_checkpoint built "$checkpoint" "$latest" 'checkpoint'
[[ ! -e "$checkpoint.sig" ]] || fail 'The checkpoint is signed already.'
[[ "$(git rev-parse --verify HEAD)" == "$SHEAF_COMMIT" ]] || fail 'The checkout is at another commit than the one to be published.'
[[ "${built[commit]}" == "$SHEAF_COMMIT" ]] || fail 'The index was built from another commit.'
branch=$(fetch_branch "$SHEAF_BRANCH")
[[ -n "$branch" ]] || fail "There is no branch $SHEAF_BRANCH."
git merge-base --is-ancestor "$SHEAF_COMMIT" "$branch" || fail "The commit is not on the branch $SHEAF_BRANCH."
[[ "${built[facts]}" == "${SHEAF_FACTS:-}" ]] || fail 'The index was built from other facts.'
if [[ -n "${built[facts]}" ]]; then
  facts=$(fetch_branch facts)
  [[ -n "$facts" ]] || fail 'There is no branch facts.'
  git merge-base --is-ancestor "${built[facts]}" "$facts" || fail 'The facts are not on the branch facts.'
fi

# 3. Registry, epoch and key are those of the trust root, as the commit has it.
root=registry/trust/root/${built[root]}.signers
from_commit "$SHEAF_COMMIT" "$root" "$work/root"
[[ "$(digest_of "$work/root")" == "$(digest_of "$first/root/${built[root]}.signers")" ]] || fail 'The build has another trust root than the commit.'
mapfile -t root_lines <"$work/root"
[[ "${root_lines[0]}" == '#@ sheaf-root/1' ]] || fail 'The trust root is of another form.'
[[ "$(header 2 registry)" == "${built[registry]}" ]] || fail 'The checkpoint is of another registry.'
[[ "$(header 3 version)" == "${built[root]}" ]] || fail 'The trust root has another version than its name says.'
[[ "$(header 4 epoch)" == "${built[epoch]}" ]] || fail 'The checkpoint is of another epoch than its trust root.'
now=$(date -u +%s)
(($(seconds "$(header 6 expires)") > now)) || fail 'The trust root has expired.'
public=$(ssh-keygen -y -P '' -f "$work/key" 2>/dev/null) || fail 'The key cannot be read; it must have no passphrase.'
read -r type point _ <<<"$public"
principal=
while read -r name namespaces rest; do
  if [[ "$namespaces" == 'namespaces="checkpoint@sheaf"' && "$rest" == "$type $point" ]]; then principal=$name; fi
done <"$work/root"
[[ -n "$principal" ]] || fail 'The trust root does not list the key for checkpoints.'

# 4. Its life.
issued=$(seconds "${built[issued]}")
expires=$(seconds "${built[expires]}")
((issued <= now + MAX_SKEW)) || fail 'The checkpoint was issued in the future.'
((expires > now)) || fail 'The checkpoint has expired.'
((expires > issued && expires - issued <= MAX_LIFE)) || fail 'The checkpoint lives for more than 30 days.'

# 5. It is the next one after the one that is published, and its history goes on.
empty_history() { printf '{"schema":"sheaf-history/1","epoch":%s,"blocks":[],"tail":[]}\n' "${built[epoch]}"; }

# The history that follows from the published one: its digest comes to the tail, and a full tail becomes a block.
next_history() { # DIGEST
  local form text blocks tail entries block
  form='^\{"schema":"sheaf-history/1","epoch":'"${published[epoch]}"',"blocks":\[(.*)\],"tail":\[(("'"$SHA"'"(,"'"$SHA"'")*)?)\]\}$'
  text=$(read_line "$work/history" 'published history')
  [[ "$text" =~ $form ]] || fail 'The published history is not in the form in which sheaf writes one.'
  blocks=${BASH_REMATCH[1]} tail=${BASH_REMATCH[2]}
  tail+=${tail:+,}"\"$1\""
  entries=${tail//[^,]/}
  if ((${#entries} + 1 == HISTORY_BLOCK)); then
    printf '[%s]\n' "$tail" >"$work/block"
    block="[\"$(digest_of "$work/block")\",$(stat -c %s -- "$work/block")]"
    blocks+=${blocks:+,}$block tail=
  fi
  printf '{"schema":"sheaf-history/1","epoch":%s,"blocks":[%s],"tail":[%s]}\n' "${built[epoch]}" "$blocks" "$tail"
}

object "${built[index]}" "${built[index_size]}" 'index' >/dev/null
history=$(object "${built[history]}" "${built[history_size]}" 'history')
index=$(fetch_branch index)
if [[ -z "$index" ]]; then
  ((built[version] == 1)) || fail 'Nothing is published, and the checkpoint is not the first.'
  empty_history >"$work/expected"
else
  from_commit "$index" latest "$work/latest"
  previous=$(read_line "$work/latest" 'published file "latest"')
  [[ "$previous" =~ ^$NUMBER-$NUMBER$ ]] || fail 'The published file "latest" names no checkpoint.'
  from_commit "$index" "checkpoints/$previous.json" "$work/published"
  from_commit "$index" "checkpoints/$previous.json.sig" "$work/published.sig"
  read_checkpoint published "$work/published" "$previous" 'published checkpoint'
  [[ "${published[registry]}" == "${built[registry]}" ]] || fail 'The published index is of another registry.'
  ((built[root] >= published[root])) || fail 'The published checkpoint was made under a newer trust root.'
  # Whoever can push to the branch must not choose what the next checkpoint continues. Its own root says who signed.
  from_commit "$SHEAF_COMMIT" "registry/trust/root/${published[root]}.signers" "$work/published.root"
  signer=$(ssh-keygen -Y find-principals -f "$work/published.root" -s "$work/published.sig" 2>/dev/null | head -n 1) || signer=
  ssh-keygen -Y verify -f "$work/published.root" -I "${signer:-nobody}" -n checkpoint@sheaf -s "$work/published.sig" \
    <"$work/published" >/dev/null 2>&1 || fail 'The published checkpoint is not signed by its trust root.'
  ((issued >= $(seconds "${published[issued]}"))) || fail 'The published checkpoint was issued later.'
  if ((built[epoch] == published[epoch])); then
    ((built[version] == published[version] + 1)) || fail "The checkpoint is number ${built[version]}, and number ${published[version]} is published."
    from_commit "$index" history/history.json "$work/history"
    [[ "$(digest_of "$work/history")" == "${published[history]}" ]] || fail 'The published history is not what its checkpoint says.'
    next_history "$(digest_of "$work/published")" >"$work/expected"
  else
    ((built[epoch] > published[epoch])) || fail 'The published checkpoint is of a later epoch.'
    ((built[version] == 1)) || fail 'The checkpoint is not the first of its epoch.'
    empty_history >"$work/expected"
  fi
fi
[[ "$(digest_of "$work/expected")" == "$(digest_of "$history")" ]] || fail 'The history does not continue the published one.'

# 6. Sign, and read the signature as a client will.
ssh-keygen -Y sign -q -f "$work/key" -n checkpoint@sheaf <"$checkpoint" >"$work/sig" 2>/dev/null || fail 'ssh-keygen could not sign.'
ssh-keygen -Y verify -f "$work/root" -I "$principal" -n checkpoint@sheaf -s "$work/sig" <"$checkpoint" >/dev/null ||
  fail 'The signature is not valid by the trust root.'
(umask 022 && cat "$work/sig" >"$checkpoint.sig")
printf 'Signed checkpoint %s of %s as %s.\n' "$latest" "${built[registry]}" "$principal"
