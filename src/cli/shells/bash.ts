/**
 * Completion for bash 3.2 and later. The line is split at blanks only: bash itself would also split it at the
 * characters of COMP_WORDBREAKS, among them the `@` and `=` of `graph-lens@^1` and `--sort=name`. What bash then
 * inserts replaces only the part behind the last such character, so the rest is cut off the candidates.
 */
export const BASH = `# Completion of sheaf for bash: eval "$(sheaf completion bash)"
_sheaf() {
  local line=\${COMP_LINE:0:COMP_POINT} word=\${COMP_WORDS[COMP_CWORD]} reply kind current path lead
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[\${#words[@]}-1]}
  reply=$(sheaf __complete "\${words[@]:1}" 2>/dev/null) || return
  kind=\${reply##*:}
  lead=
  if [[ $word != "$current" ]]; then
    lead=\${current%"$word"}
    [[ $lead == "$current" || $COMP_WORDBREAKS == *"$word"* ]] && lead=$current
  fi
  path=$current
  [[ $current == --*=* ]] && path=\${current#*=}
  COMPREPLY=()
  case $kind in
    files) compopt -o filenames 2>/dev/null; reply=$(compgen -f -- "$path") ;;
    directories) compopt -o filenames 2>/dev/null; reply=$(compgen -d -- "$path") ;;
    *) reply=\${reply%:*} ;;
  esac
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    [[ -n $line ]] && COMPREPLY+=("\${line#"$lead"}")
  done <<< "$reply"
}
complete -F _sheaf sheaf
`;
