# shellcheck shell=bash
# bin/ddp-train of a bundle, compiled. Sourced by launch/bundle and Tests/bundle/run.
# shellcheck disable=SC2154  # the callers set checkout

# cpu_of NAME: what a program of that name is built for, in the words of DDP_TRAIN_CPU.
cpu_of() {
  case $1 in
  v?) echo "x86-64-$1" ;;
  # Without what no product or exchange uses, and some emulators and virtual machines hide.
  neoverse) echo neoverse-v1+nocrypto+nobf16+norng ;;
  generic) echo generic ;;
  esac
}

# compile_start FILE WORD… -- NAME…: compiles start.c into FILE by the compiler whose words are given, for programs of these names, the most
# demanding first.
compile_start() {
  local file=$1 name flag list=
  local -a compiler=() objects=()
  shift
  while [[ $1 != -- ]]; do
    compiler+=("$1")
    shift
  done
  shift
  for name; do
    case $name in
    v?) flag=-march=$(cpu_of "$name") ;;
    *) flag=-mcpu=$(cpu_of "$name") ;;
    esac
    # What the compiler may use for that CPU, as data.
    "${compiler[@]}" -O2 "$flag" "-Dcsimd_needs=needs_$name" "-Dcsimd_built_for_name=built_for_$name" \
      -I"$checkout/Sources/CSIMD/include" -c "$checkout/Sources/CSIMD/built.c" -o "$file.needs-$name.o" || return
    objects+=("$file.needs-$name.o")
    list+=" X($name)"
  done
  "${compiler[@]}" -O2 -static "-DVARIANTS(X)=$list" -c "$checkout/launch/bundled/start.c" -o "$file.o" &&
    "${compiler[@]}" "${start_link[@]}" -static "$file.o" "${objects[@]}" -o "$file"
}
start_link=()  # further words for the linker
