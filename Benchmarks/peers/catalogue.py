"""The peers that there are, and the ways in which each is tried."""

import os
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORES = len(os.sched_getaffinity(0))
# Files of Tests/golden that a peer's losses are compared with. Pure Python takes a second per step of the smallest.
ALL = ["d16-h4-b16", "d32-h4-b16", "d48-h3-b5", "d64-h4-b16", "d128-h8-b7"]


@dataclass
class Variant:
    """A way to run a peer. Nothing but its speed depends on it."""

    threads: int
    words: str = ""
    environment: dict = field(default_factory=dict)

    def __str__(self):
        threads = f"{self.threads} thread{'s' * (self.threads > 1)}"
        return f"{threads}, {self.words}" if self.words else threads


@dataclass
class Peer:
    name: str
    title: str
    script: str
    requires: list
    references: list = field(default_factory=lambda: ALL)
    # Processes of one thread each, under what starts them; 1 for a process that may have several threads.
    processes: int = 1
    starts: list = field(default_factory=list)
    gpu: bool = False
    # Ways to run it beside the number of threads: words and environment.
    ways: list = field(default_factory=lambda: [("", {})])
    threaded: bool = True
    # Steps that its program trains at a time at most.
    chunk: int = 64

    def variants(self):
        threads = [1] if self.processes > 1 or not self.threaded or CORES == 1 else [1, CORES]
        return [Variant(number, words, environment) for number in threads for words, environment in self.ways]

    def command(self, python, task):
        starts = [str(python.parent / word) if word == "torchrun" else word for word in self.starts]
        # torchrun starts Python by itself.
        return [*starts, *([] if "torchrun" in self.starts else [str(python)]), str(HERE / self.script), task]


ATTENTION = [("attention as two products", {}), ("PyTorch's attention", {"PEER_ATTENTION": "kernel"})]
# OpenBLAS's own choice is not always its fastest at these sizes.
KERNELS = [("", {}), ("OpenBLAS's kernels for Haswell", {"OPENBLAS_CORETYPE": "Haswell"})]
CUDA = [("", {"PEER_DEVICE": "cuda"})]


def peers():
    return [
        Peer("scalar", "CPython, scalar tape", "scalar_tape.py", [], ALL[:1], threaded=False, chunk=1),
        Peer("numpy", "numpy", "numpy_step.py", ["numpy"], ways=KERNELS),
        Peer("jax", "JAX, scan", "jax_scan.py", ["jax"], ways=[("", {"JAX_PLATFORMS": "cpu"})]),
        Peer("torch", "torch, eager", "torch_eager.py", ["torch"], ways=ATTENTION),
        Peer("torch-compiled", "torch, compiled", "torch_compiled.py", ["torch"]),
        Peer("torch-ddp", f"torch DDP over gloo, {CORES} processes", "torch_ddp.py", ["torch"], processes=CORES, ways=ATTENTION,
             starts=["torchrun", "--standalone", "--nproc-per-node", str(CORES)]),
        Peer("numpy-mpi", f"numpy + mpi4py, {CORES} processes", "numpy_mpi.py", ["numpy", "mpi4py"], processes=CORES, ways=KERNELS,
             starts=["mpirun", "--bind-to", "core", "-np", str(CORES)]),
        Peer("torch-gpu", "torch on the GPU, eager", "torch_eager.py", ["torch"], gpu=True, threaded=False, ways=CUDA),
        Peer("torch-compiled-gpu", "torch on the GPU, compiled", "torch_compiled.py", ["torch"], gpu=True, threaded=False, ways=CUDA),
        Peer("torch-graphs-gpu", "torch on the GPU, CUDA graphs", "torch_graphs.py", ["torch"], gpu=True, threaded=False, ways=CUDA),
        Peer("jax-gpu", "JAX on the GPU, scan", "jax_scan.py", ["jax"], gpu=True, threaded=False, ways=[("", {"JAX_PLATFORMS": "cuda"})]),
    ]
