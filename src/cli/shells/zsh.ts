/** Completion for zsh 5, both as an autoloaded function and evaluated. */
export const ZSH = `#compdef sheaf
# Completion of sheaf for zsh: sheaf completion zsh > "\${fpath[1]}/_sheaf"
_sheaf() {
  local line kind tab=$'\\t'
  local -a lines candidates
  lines=("\${(@f)$(sheaf __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  kind=\${lines[-1]}
  case $kind in
    :files) _files; return ;;
    :directories) _files -/; return ;;
  esac
  for line in "\${(@)lines[1,-2]}"; do
    # _describe takes "word:meaning"; a colon of the word itself is escaped.
    if [[ $line == *$tab* ]]; then
      candidates+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}")
    else
      candidates+=("\${line//:/\\\\:}")
    fi
  done
  _describe sheaf candidates
}
if [[ $funcstack[1] == _sheaf ]]; then
  _sheaf "$@"
else
  compdef _sheaf sheaf
fi
`;
