# shellcheck shell=bash
# Compiles the Arm test programs: Kernels and GPT as Embedded Swift, CSME2 and the programs around them in C.
# Sourced after tools.sh. arm64_build leaves kernels, products and step in $arm64_programs.
# shellcheck disable=SC2154  # tools.sh sets the arm64_… variables

arm64_checkout=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")
arm64_programs=$arm64_checkout/.build-arm64

# The core that Swift code is generated for and its instructions are counted on.
arm64_core=neoverse-v2

# The scalar model, what makes it, what counts its memory and what names are scored with are left out: Embedded Swift has no place for them, and the reference values are
# the better judge.
arm64_not_embedded=(
  EngineFactory.swift EngineMemory.swift Generator.swift NameTable.swift PrefixScores.swift ScalarActivations.swift
  ScalarModel.swift
)

# Compiles where any source is newer than the programs.
arm64_build() {
  local stamp=$arm64_programs/built sources=$arm64_checkout/Sources
  [[ ! -e $stamp || -n $(find "$sources"/{Kernels,GPT,CSIMD,CSME2} "$sources"/DataParallel/{SummationTree,ShardCuts,LearningRateSchedule}.swift "$arm64_checkout/Tests/arm64" -newer "$stamp") ]] ||
    return 0
  mkdir -p -- "$arm64_programs" && rm -f -- "$stamp" || return
  local -a kernels gpt
  mapfile -t kernels < <(find "$sources/Kernels" -name '*.swift' | sort)
  mapfile -t gpt < <(find "$sources/GPT" -name '*.swift' | grep -vF "${arm64_not_embedded[@]/#/-e/}" | sort)
  arm64_swift Kernels -Ounchecked "${kernels[@]}" &&
    arm64_swift GPT -O "${gpt[@]}" &&
    arm64_swift KernelChecks -O "$arm64_checkout/Tests/arm64/KernelChecks.swift" &&
    arm64_swift TrainingStep -O "$arm64_checkout"/Tests/arm64/{TrainingStep,ReproducibleRun}.swift \
      "$sources"/DataParallel/{SummationTree,ShardCuts,LearningRateSchedule}.swift &&
    arm64_program products products.c "$sources"/CSME2/*.c &&
    arm64_program kernels kernels.c KernelChecks.o Kernels.o &&
    arm64_program step step.c golden.c TrainingStep.o GPT.o Kernels.o "$sources"/CSME2/*.c &&
    : >"$stamp"
}

# arm64_swift MODULE OPTIMISATION SOURCES
arm64_swift() {
  local module=$1 optimisation=$2 headers=/usr/include
  shift 2
  [[ -z $arm64_qemu ]] || headers=$arm64_sysroot/usr/aarch64-linux-gnu/include
  echo "arm64: compiling $module as Embedded Swift" >&2
  swiftc -target aarch64-none-none-elf -enable-experimental-feature Embedded -wmo -parse-as-library -swift-version 6 \
    -suppress-warnings "$optimisation" -Xcc "-mcpu=$arm64_core" -Xcc -isystem -Xcc "$headers" \
    -Xcc -isystem -Xcc "$headers/aarch64-linux-gnu" -I "$arm64_programs" -I "$arm64_checkout/Sources/CSIMD/include" \
    -I "$arm64_checkout/Sources/CSME2/include" -I "$arm64_checkout/Tests/arm64/include" \
    -module-name "$module" -emit-module -emit-module-path "$arm64_programs/$module.swiftmodule" \
    -c "$@" -o "$arm64_programs/$module.o"
}

# arm64_program NAME FILES: C files of Tests/arm64 by name, others by path; objects of the build folder.
arm64_program() {
  local name=$1 file
  local -a files=(checks.c)
  shift
  files+=("$@")
  local i
  for i in "${!files[@]}"; do
    file=${files[i]}
    case $file in
      /*) ;;
      *.o) files[i]=$arm64_programs/$file ;;
      *) files[i]=$arm64_checkout/Tests/arm64/$file ;;
    esac
  done
  # Strings in Embedded Swift need Unicode's tables.
  local tables xxhash
  xxhash=$(pkg-config --variable=includedir libxxhash) || return
  tables=$(dirname -- "$arm64_cc")/../lib/swift/embedded/aarch64-none-none-elf/libswiftUnicodeDataTables.a
  "$arm64_cc" "${arm64_cflags[@]}" "${arm64_ldflags[@]}" -O2 -Wall -Wextra -Werror \
    -I "$arm64_checkout/Sources/CSME2/include" -I "$arm64_checkout/Sources/CSIMD/include" \
    -I "$arm64_checkout/Tests/arm64/include" -I "$arm64_checkout/Sources/CXXHash" -idirafter "$xxhash" "${files[@]}" "$tables" -lm -o "$arm64_programs/$name"
}
