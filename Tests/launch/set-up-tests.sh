# shellcheck shell=bash
# What launch/ does where the toolchain, Open MPI or packages are missing. Sourced by run.

test_toolchain() {
  local advice="install Swift 6.2 or newer"
  has "${complete[@]:1}"
  run "$package/launch/train"
  check "no swift: stops" "69 " "$code $calls"
  check_says "no swift: says what to install" "there is no swift in PATH: $advice"
  has "${complete[@]}"
  local version
  for version in 5.10 6.1.2; do
    run SWIFT_SAYS="Swift version $version (swift-$version-RELEASE)" "$package/launch/train"
    check "Swift $version: stops" "69 " "$code $calls"
    check_says "Swift $version: says so" "Swift ${version%.2} at $bin/swift is too old: $advice"
  done
  for version in 6.2 6.10-dev 7.0; do
    run SWIFT_SAYS="Swift version $version (LLVM, Swift)" "$package/launch/train"
    check "Swift $version will do" 0 "$code"
  done
}

test_mpirun_of_mpich() {
  has "${complete[@]}" mpirun.openmpi
  run MPIRUN_SAYS='HYDRA build details:' "$package/launch/train"
  check "MPICH's mpirun comes first: Open MPI's is taken" \
    "mpirun.openmpi in $PWD" "$out"
  run MPIRUN_SAYS='mpirun (Open MPI) 5.0.7' "$package/launch/train"
  check "of two Open MPIs, the linked one" \
    "mpirun.openmpi in $PWD" "$out"
  has "${complete[@]}"
  run MPIRUN_SAYS='mpirun (Open MPI) 5.0.7' "$package/launch/train"
  check_says "only another version's mpirun: a warning" \
    "warning: $bin/mpirun is Open MPI 5.0.7, the library that pkg-config finds is 4.1.4"
}

# ---- Missing packages ----

apt_call() { # PACKAGES-IN-BRACKETS
  echo "apt-get <-o> <DPkg::Lock::Timeout=300> <update>"
  echo "apt-get <-o> <DPkg::Lock::Timeout=300> <install> <-y> <--no-install-recommends> $1"
}

test_install_as_root() {
  ((EUID == 0)) || return 0
  has swift apt-get
  run "$package/launch/train"
  check "bare machine: installs all five, builds, runs" "$(
    apt_call '<pkg-config> <libopenmpi-dev> <libhwloc-dev> <libxxhash-dev> <openmpi-bin>'
    echo "$build_call"
    job_call
  )" "$calls"
  has swift apt-get pkg-config mpirun libopenmpi-dev libhwloc-dev
  run UPDATE_CODE=100 "$package/launch/train"
  check "installs only what is missing, even where the update fails" "$(
    apt_call '<libxxhash-dev>'
    echo "$build_call"
    job_call
  )" "$calls"
  has swift apt-get pkg-config mpirun libopenmpi-dev libhwloc-dev libxxhash-dev
  run "$package/launch/train"
  check "training needs no gnuplot" "$build_call"$'\n'"$(job_call)" "$calls"
  run "$package/launch/test"
  check "tests do: it is installed first" "$(apt_call '<gnuplot-nox>')" "$(head -2 <<<"$calls")"
  has swift apt-get pkg-config mpirun libopenmpi-dev libhwloc-dev
  run INSTALL_CODE=100 "$package/launch/train"
  check "a failed install ends it before the build" "100 $(apt_call '<libxxhash-dev>')" "$code $calls"
  has swift pkg-config mpirun libopenmpi-dev libhwloc-dev
  run "$package/launch/train"
  check "no apt: stops" "69 " "$code $calls"
  check_says "no apt: names the package" "missing: libxxhash-dev"
}

test_install_as_user() {
  has swift apt-get sudo pkg-config mpirun libopenmpi-dev libhwloc-dev
  as_user run "$package/launch/train"
  check "sudo without a password: installs by it" "$(
    echo 'sudo <-n> <true>'
    apt_call '<libxxhash-dev>' | while read -r _ call; do
      echo "sudo <-n> <env> <DEBIAN_FRONTEND=noninteractive> <apt-get> $call"
      echo "apt-get $call"
    done
    echo "$build_call"
    job_call
  )" "$calls"

  local request="launch:   apt-get update && apt-get install -y --no-install-recommends"
  request+=" libopenmpi-dev libhwloc-dev libxxhash-dev openmpi-bin"
  has swift apt-get sudo pkg-config
  as_user run SUDO_CODE=1 "$package/launch/train"
  check "sudo that would ask, and nobody to answer: stops before the build" "69 sudo <-n> <true>" "$code $calls"
  check_says "and says what to ask for" "$request"
  has swift apt-get pkg-config
  as_user run "$package/launch/train"
  check "neither root nor sudo: stops before the build" "69 " "$code $calls"
  check_says "and says what to ask an administrator for" "$request"
}
