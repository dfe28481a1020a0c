# shellcheck shell=bash
# Completions of ddp-train and ddp-launch for a shell. Sourced by launch/install.

# completion_script PROGRAM SHELL: the parser's own script. It knows no command that may be left out: of ddp-train it gets
# train's options where an option is the first word.
completion_script() {
  local script line
  script=$("$1" --generate-completion-script "$2")
  if [[ ${1##*/} == ddp-launch ]]; then
    printf '%s\n' "$script"
    return
  fi
  while IFS= read -r line; do
    printf '%s\n' "$line"
    case $2:$line in
    'bash:    set +o history +o posix')
      cat <<'END'
    # An option without a command is train's.
    if [[ "${COMP_WORDS[1]}" = -* ]]; then
        COMP_WORDS=("${COMP_WORDS[0]}" train "${COMP_WORDS[@]:1}")
        ((COMP_CWORD += 1))
    fi
END
      ;;
    'zsh:    unsetopt aliases banghist')
      # Only in ddp-train's own function, which is the one that has this line.
      cat <<'END'
    # An option without a command is train's.
    if [[ "${words[2]}" = -* ]]; then
        words=("${words[1]}" train "${(@)words[2,-1]}")
        ((CURRENT += 1))
    fi
END
      ;;
    'fish:    set -l unparsed_tokens (__ddp-train_tokens -pc)')
      cat <<'END'
    # An option without a command is train's.
    set -l first $unparsed_tokens[2..] (commandline -t)
    string match -q -- '-*' $first[1]; and set unparsed_tokens $unparsed_tokens[1] train $unparsed_tokens[2..]
END
      ;;
    esac
  done <<<"$script"
}
