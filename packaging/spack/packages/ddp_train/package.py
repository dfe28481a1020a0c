"""ddp-train from the archive that launch/bundle makes: Spack has no Swift to build it with."""

import os

from spack.package import *


class DdpTrain(Package):
    """Multi-process data-parallel trainer of a small character GPT in Swift, over Open MPI."""

    # Whoever installs it has made the archive: spack install --no-checksum ddp-train, in its folder.
    manual_download = True

    version("0.1.0")

    conflicts("platform=darwin")
    conflicts("target=ppc64le:")

    # The library of Open MPI 4.1 and 5 has the same name and interface. Another MPI has not.
    depends_on("openmpi@4.1:5", type=("link", "run"))
    # What loads it where it is there: cores and caches for ddp-train doctor.
    depends_on("hwloc@2:", type="run")
    depends_on("zstd", type="build")

    def url_for_version(self, version):
        machine = self.spec.target.family if self.spec.concrete else "x86_64"
        return f"file://{os.getcwd()}/ddp-train-{version}-{machine}.tar.zst"

    def install(self, spec, prefix):
        for folder in ("bin", "share"):
            install_tree(folder, join_path(prefix, folder), symlinks=True)
        install("SHA256SUMS", prefix)

    def setup_run_environment(self, env):
        # bin/ddp-train looks there for the library.
        env.prepend_path("LD_LIBRARY_PATH", self.spec["openmpi"].prefix.lib)

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def trains(self):
        Executable(join_path(self.prefix.bin, "ddp-train"))("--steps", "5", "--generate", "0")
