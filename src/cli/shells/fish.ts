/** Completion for fish 3. Its candidates have the form in which sheaf answers: the word, a tab, its meaning. */
export const FISH = `# Completion of sheaf for fish: sheaf completion fish > ~/.config/fish/completions/sheaf.fish
function __sheaf_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    set -l lines (sheaf __complete $words "$current" 2>/dev/null)
    or return
    set -l kind $lines[-1]
    set -e lines[-1]
    switch "$kind"
        case :files
            __fish_complete_path "$current"
        case :directories
            __fish_complete_directories "$current"
        case '*'
            test (count $lines) -gt 0
            and printf '%s\\n' $lines
    end
end
complete -c sheaf -f -a '(__sheaf_complete)'
`;
