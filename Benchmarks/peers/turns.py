"""Processes of peers that take turns: each is made ready once, and computes only while it is asked to."""

import json
import os
import select
import subprocess
import tempfile
import time


class Failure(Exception):
    """Why there is no result, and what else its row says."""

    def __init__(self, reason, **more):
        super().__init__(reason)
        self.row = {"reason": reason} | more


# Those who must read of a newer CPU in an older library set them; they slow a current one.
UNSET = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]
# Arrays that come and go stay in the process: giving them back to the system at each step costs page faults.
MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 32), "MALLOC_TOP_PAD_": str(1 << 26)}


def environment(variant):
    threads = str(variant.threads)
    own = {name: value for name, value in os.environ.items() if name not in UNSET}
    counts = {f"{library}_NUM_THREADS": threads for library in ("OMP", "OPENBLAS", "MKL")}
    # As launch/ does: mpirun lets root start ranks only when it is told so twice.
    rooted = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.geteuid() == 0 else {}
    return own | counts | MEMORY | rooted | variant.environment


class PeerProcess:
    def __init__(self, peer, variant, python, task, patience):
        """Starts it, and waits until it is ready, at most `patience` seconds."""
        self.peer, self.variant, self.buffer = peer, variant, b""
        self.folder = tempfile.TemporaryDirectory()
        self.errors = tempfile.TemporaryFile(mode="w+")
        # What is compiled is compiled here and now.
        caches = {"TORCHINDUCTOR_CACHE_DIR": self.folder.name, "PYTHONDONTWRITEBYTECODE": "1"}
        words = peer.command(python, json.dumps(task))
        if peer.processes == 1 and variant.threads == 1:
            words = ["taskset", "-c", str(max(os.sched_getaffinity(0))), *words]
        try:
            self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                            env=environment(variant) | caches)
        except FileNotFoundError as error:
            self.folder.cleanup()
            raise Failure(f"{error.filename} is missing") from error
        try:
            self.found = self.answer(patience)
        except Failure:
            self.end()
            raise

    def answer(self, patience):
        """Its next line of JSON; other lines are those of what started it."""
        until = time.monotonic() + patience
        while True:
            line, newline, rest = self.buffer.partition(b"\n")
            if newline:
                self.buffer = rest
                if line.startswith(b"{"):
                    return json.loads(line)
                continue
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))
            if not ready:
                raise Failure(f"no answer within {patience:.0f} s")
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise Failure(f"ended with {self.process.wait()}: {self.last_error()}")
            self.buffer += data

    def last_error(self):
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors.read().splitlines() if line.strip()]
        # Of a traceback the exception, also where torchrun or mpirun have the last word.
        exceptions = [line for line in lines if "Error" in line.split(":")[0]]
        return (exceptions or lines or ["without a word"])[-1][:200]

    def turn(self, seconds, patience):
        """Times of its chunks of steps, in µs per step."""
        self.process.stdin.write(f"{seconds}\n".encode())
        self.process.stdin.flush()
        return self.answer(patience)["us_per_step"]

    def end(self):
        """Its input ends, and so does it; one that hangs is killed."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            # Asked first: what started several processes ends them.
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        self.folder.cleanup()
