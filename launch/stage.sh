# shellcheck shell=bash
# All that is installed, or that a bundle has, in a folder. Sourced by launch/install and launch/bundle, after completions.sh.
# shellcheck disable=SC2154  # the callers set checkout, stage, program and ddp_launch

# add MODE FILE PLACE: to the stage.
add() { install -D -m "$1" -- "$2" "$stage/$3"; }

# Fills $stage with $program, $ddp_launch and what belongs to them. In the checkout's folder.
fill_stage() {
  local file shell name
  local share=share/ddp-train
  add 755 "$program" bin/ddp-train
  add 755 "$ddp_launch" bin/ddp-launch
  ln -s "../$share/launch/ddp-train-launch" "$stage/bin/ddp-train-launch"
  for file in LICENSE data/names.txt configs/*.yaml configs/sweeps/*.yaml configs/lesson/*.jsonl Tests/golden/*.safetensors; do
    add 644 "$file" "$share/$file"
  done
  for file in launch/* launch/containers/*; do
    # What needs the checkout stays there.
    [[ -f $file && $file != launch/@(test|bundle|stage.sh) ]] || continue
    if [[ -x $file ]]; then add 755 "$file" "$share/$file"; else add 644 "$file" "$share/$file"; fi
  done
  for file in docs/man/*.1; do add 644 "$file" "share/man/man1/${file##*/}"; done
  for file in "$program" "$ddp_launch"; do
    name=ddp-train
    [[ $file == "$program" ]] || name=ddp-launch
    for shell in bash zsh fish; do completion_script "$file" "$shell" >"$stage/$shell"; done
    add 644 "$stage/bash" "share/bash-completion/completions/$name"
    add 644 "$stage/zsh" "share/zsh/site-functions/_$name"
    add 644 "$stage/fish" "share/fish/vendor_completions.d/$name.fish"
    rm -- "$stage"/{bash,zsh,fish}
  done
  : >"$stage/$share/manifest"
}
