# shellcheck shell=bash
# The guest with two NUMA nodes: its emulator, kernel and files. Sourced by run.

# Finds the emulator, busybox and a kernel, or takes them out of Debian's packages. Fails with the reason in why.
prepare_guest() {
  local -a missing=()
  why="this is no x86-64 Linux, whose programs and libraries the guest has"
  [[ $(uname -sm) == 'Linux x86_64' ]] || return
  why="there is no mpirun to put into the guest"
  command -v mpirun >/dev/null || return
  PATH=$PATH:$system/usr/bin:$system/bin
  command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
  command -v busybox >/dev/null || missing+=(busybox-static)
  find_kernel || missing+=(linux-image-cloud-amd64)
  ((${#missing[@]})) || return 0
  extract_packages "$work/system" "${missing[@]}" || return
  why="what the packages have is not enough: ${missing[*]}"
  mkdir -p -- "$system"
  cp -a -- "$work/system/." "$system"
  find_kernel
}

# Sets kernel.
find_kernel() {
  local file
  kernel=
  for file in {,"$system"}/boot/vmlinuz-*; do
    if [[ -r $file ]]; then kernel=$file; fi
  done
  [[ -n $kernel ]]
}

# The files of the guest, in $work/image: this machine's Open MPI, the program, and the libraries of both.
make_image() {
  local root=$work/root program=$build/x86-64-v3/release/ddp-train
  local -a commands components libraries
  commands=("$(command -v busybox)" "$(command -v mpirun)" "$program")
  mapfile -t components < <(components)
  mapfile -t libraries < <(ldd "${commands[@]}" "${components[@]}" 2>/dev/null |
    awk '$3 ~ /^\// { print $3 } $1 ~ /^\// && NF == 2 && $2 ~ /^\(/ { print $1 }' | sort -u)
  mkdir -p "$root"/{bin,proc,sys,dev,tmp,etc,ddp-train}
  cp -L --parents -- "${components[@]}" "${libraries[@]}" "$root"
  cp -L -- "${commands[@]}" "$root/bin"
  "${CC:-clang}" -std=c11 -O1 -Wall -Wextra -Werror -static "$here/pages.c" -o "$root/bin/pages"
  cp -R -- "$checkout/data" "$root/ddp-train"
  cp -- "$here/guest" "$root/init"
  echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
  echo '127.0.0.1 localhost guest' >"$root/etc/hosts"
  (cd -- "$root" && find . | busybox cpio -o -H newc -R 0:0 2>/dev/null | gzip -1) >"$work/image"
}

# What Open MPI, and the PMIx that Debian gives it, load and read while they run.
components() {
  local pmix
  local -a folders
  mapfile -t folders < <(ompi_info --parsable --path pkglibdir --path sysconfdir | cut -d : -f 3)
  find "${folders[@]}" -name '*.so' -o -name openmpi-mca-params.conf
  pmix=$(ldconfig -p | awk '/libpmix\.so/ { print $NF; exit }')
  [[ -z $pmix ]] || find "${pmix%/*}"/pmix*/lib/pmix -name '*.so'
}

# Boots it, and waits until it has switched itself off: its words are in $work/console.
run_guest() {
  local unpacked=usr/lib/x86_64-linux-gnu
  local -a machine=(-cpu max -accel "tcg,thread=multi" -smp "4,sockets=2,cores=2" -m 3G)
  local node
  for node in 0 1; do
    machine+=(-object "memory-backend-ram,id=memory$node,size=1536M")
    machine+=(-numa "node,nodeid=$node,cpus=$((2 * node))-$((2 * node + 1)),memdev=memory$node")
  done
  machine+=(-numa "dist,src=0,dst=1,val=21")
  # Without numa_balancing a page stays where it was first touched.
  LD_LIBRARY_PATH=$system/$unpacked:$system/${unpacked#usr/} timeout --kill-after 5 1200 \
    qemu-system-x86_64 -L "$system/usr/share/qemu" -L "$system/usr/share/seabios" "${machine[@]}" \
    -nodefaults -display none -serial stdio -monitor none -no-reboot -kernel "$kernel" -initrd "$work/image" \
    -append 'console=ttyS0 panic=-1 quiet numa_balancing=disable' </dev/null 2>&1 | tr -d '\r' >"$work/console"
  grep -qx 'numa: end' "$work/console"
}
