"""The measurement: peers are installed, validated, and timed in turns with ddp-train."""

import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import catalogue
import install
import page
import shared
from catalogue import CORES
from install import say
from peer import shapes
from turns import UNSET, Failure, PeerProcess

REFERENCES = shared.CHECKOUT / "Tests/golden"
TOLERANCE = 1e-4
POINTS = [(c, batch) for batch in (16, 128) for c in (16, 32, 64, 128, 256, 512, 1024)] + [(64, 1024)]
TURNS, SECONDS = 5, 0.4
# Steps whose losses are compared with ddp-train's, and their first learning rate times C: small, so that rounding does not grow.
FIRST, RATE = 5, 0.016
# Seconds: a peer that needs more per step is not run, one that is not ready or does not answer by then is ended.
LONGEST_STEP, PATIENCE = 4, 240
# After the first turn a peer's variants this much slower than its fastest rest.
SLOWER = 1.15


def measure(options, target):
    peers = [peer for peer in catalogue.peers() if not options.only or peer.name in options.only]
    gpu = options.gpu or install.gpu_is_there()
    python, missing = install.install([name for name in install.NAMES if any(name in peer.requires for peer in peers)], options.wheels, gpu)
    file = {"format_version": 1, "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"), "command": options.command,
            "commit": shared.commit(), "machine": machine(), "unset": [name for name in UNSET if name in os.environ],
            "turns": options.turns, "seconds": options.seconds, "tolerance": TOLERANCE, "peers": [], "points": [], "left_out": []}
    gpus = {name: found_gpu(python, name) for name in ("torch", "jax") if name not in missing and any(peer.gpu for peer in peers)}
    for peer in peers:
        say(f"validating {peer.title}")
        file["peers"].append(about(peer, python, missing, gpus))
    able = [peer for peer, found in zip(peers, file["peers"]) if "reason" not in found]
    # Seconds per parameter and name, and where that was.
    pace = {}
    end = time.monotonic() + 60 * options.minutes
    # What costs least comes first: where time is short the largest are left out.
    for c, batch in sorted(options.points, key=lambda point: (point[0] ** 2 * point[1], point)):
        if time.monotonic() > end:
            file["left_out"].append({"c": c, "batch": batch})
            continue
        say(f"C = {c}, B = {batch}: getting ready")
        found = Point(options, python, c, batch).measured(able, pace)
        file["isa"], file["peak_gflops"] = (found["rows"][0].pop(key) for key in ("isa", "peak_gflops"))
        file["points"] = sorted([*file["points"], found], key=lambda point: (point["batch"], point["c"]))
        write(file, target)
    write(file, target)


def write(file, target):
    target.write_text(json.dumps(file, indent=1) + "\n")
    target.with_suffix(".csv").write_bytes(page.csv(file).encode())


def machine():
    found = {"cpu": shared.cpu(), "cores": CORES, "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version()}
    done = subprocess.run(["lscpu", "-J"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        lines = {entry["field"].rstrip(":"): entry["data"] for entry in json.loads(done.stdout)["lscpu"]}
        found["caches"] = {name: lines[name] for name in ("L1d", "L2", "L3") if name in lines} or \
            {name.removesuffix(" cache"): value for name, value in lines.items() if name.endswith(" cache")}
    found["memory_gb"] = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    return found


def found_gpu(python, name):
    """Its name, as torch or JAX has it; empty where they find none."""
    words = {"torch": "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else '')",
             "jax": "import jax; print(next((d.device_kind for d in jax.devices() if d.platform != 'cpu'), ''))"}[name]
    done = subprocess.run([python, "-c", words], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def about(peer, python, missing, gpus):
    """What its row says of a peer: its versions and how far its losses are from the references, or a reason why it is not timed."""
    found = {"name": peer.name, "title": peer.title, "processes": peer.processes}
    reasons = [missing[name] for name in peer.requires if name in missing]
    if reasons:
        return found | {"reason": reasons[0]}
    if peer.gpu and not gpus.get(peer.requires[0]):
        return found | {"reason": "no GPU found"}
    paths = [REFERENCES / f"{name}.safetensors" for name in peer.references]
    try:
        process = PeerProcess(peer, peer.variants()[0], python, {"references": [str(path) for path in paths]}, 2 * PATIENCE)
        process.end()
    except Failure as failure:
        return found | failure.row
    own = process.found
    differences = {path.stem: difference(own["reference_losses"][path.stem], reference_losses(path)) for path in paths}
    found |= {key: own[key] for key in ("versions", "blas", "device") if key in own} | {"loss_differences": differences}
    worst = max(differences, key=lambda name: differences[name])
    if not differences[worst] <= TOLERANCE:
        found["reason"] = f"not timed: its losses differ by {differences[worst]:.1e} from Tests/golden/{worst}"
    return found


def reference_losses(path):
    # Read here, and not as the peers read it.
    data = path.read_bytes()
    return json.loads(json.loads(data[8:8 + int.from_bytes(data[:8], "little")])["__metadata__"]["losses"])


def difference(losses, expected):
    """The largest of a step, where losses above 10 count as 10; what is no number is far away."""
    if len(losses) != len(expected):
        return float("inf")
    return max(abs(a - b) / max(1, b / 10) if a == a else float("inf") for a, b in zip(losses, expected))


class Point:
    """One width and batch."""

    def __init__(self, options, python, c, batch):
        self.options, self.python, self.c, self.batch = options, python, c, batch
        self.heads = 8 if c == 128 else 4
        self.parameters = sum(rows * columns for rows, columns in shapes(c).values())
        self.expected = self.first_losses()
        # Entries that take turns, and ways of a peer that came to nothing.
        self.ready, self.failed = [], {}

    def program(self, ranks, *words):
        """Runs ddp-train, and returns what it writes as JSON."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "result.json"
            shared.run([self.options.program, *words, "--d-model", self.c, "--batch", self.batch, "--json", path, "--progress", "never"], ranks,
                       stdout=subprocess.DEVNULL)
            return json.loads(path.read_text())

    def first_losses(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "metrics.jsonl"
            shared.run([self.options.program, "train", "--d-model", self.c, "--heads", self.heads, "--batch", self.batch, "--seed", 1,
                        "--steps", FIRST, "--learning-rate", RATE / self.c, "--generate", 0, "--quiet", "--metrics", path], stdout=subprocess.DEVNULL)
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            return [line["loss"] for line in lines if line["type"] == "step"]

    def task(self, peer):
        # A chunk takes about 50 ms at 20 GFLOP/s and 100 µs of calls.
        step = 6 * self.parameters * 7 * self.batch / 20e9 + 100e-6
        chunk = peer.chunk
        while chunk > 1 and chunk * step > 0.05:
            chunk //= 2
        return {"point": {"c": self.c, "heads": self.heads, "batch": self.batch, "first": FIRST, "learning_rate": RATE / self.c, "chunk": chunk,
                          "distinct": max(4 * chunk, 8)}}

    def measured(self, peers, pace):
        rows = {}
        for peer in peers:
            try:
                self.require_pace(peer, pace)
                self.start(peer)
            except Failure as failure:
                rows[peer.name] = {"peer": peer.name} | failure.row
        own = [OwnRow(self, ranks) for ranks in ([1, CORES] if CORES > 1 else [1])]
        try:
            for turn in range(self.options.turns):
                say(f"C = {self.c}, B = {self.batch}: turn {turn + 1} of {self.options.turns}")
                contenders = [*own, *self.ready]
                for contender in contenders if turn % 2 == 0 else reversed(contenders):
                    try:
                        contender.take_turn(self.options.seconds)
                    except Failure as failure:
                        self.give_up(contender, failure)
                if turn == 0:
                    self.keep_faster_ones()
        finally:
            for entry in self.ready:
                entry.process.end()
        for peer in peers:
            if peer.name not in rows:
                rows[peer.name] = self.row(peer)
            if "us_per_step" in rows[peer.name]:
                pace[peer.name] = (rows[peer.name]["us_per_sample"] / 1e6 / self.parameters, self.c, self.batch)
        return {"c": self.c, "heads": self.heads, "batch": self.batch, "parameters": self.parameters,
                "rows": [row.row() for row in own] + [rows[peer.name] for peer in peers]}

    def row(self, peer):
        """Its fastest way's, or why there is none."""
        failed = self.failed.get(peer.name, [])
        candidates = [entry for entry in self.ready if entry.peer is peer]
        if not candidates:
            return {"peer": peer.name, "reason": failed[-1]["reason"]}
        return min(candidates, key=lambda entry: entry.median()).row(self) | ({"failed": failed} if failed else {})

    def note(self, peer, variant, failure):
        self.failed.setdefault(peer.name, []).append({"threads": variant.threads, "words": variant.words} | failure.row)

    def give_up(self, entry, failure):
        self.note(entry.peer, entry.process.variant, failure)
        self.ready.remove(entry)
        entry.process.end()

    def require_pace(self, peer, pace):
        """The next size is not begun where the last says that it takes too long."""
        if peer.name in pace:
            seconds, c, batch = pace[peer.name]
            step = seconds * self.parameters * self.batch
            if step > LONGEST_STEP:
                raise Failure(f"not run: over {LONGEST_STEP} s per step", estimated_us_per_step=1e6 * step,
                              estimated_from={"c": c, "batch": batch})

    def start(self, peer):
        """Its variants, ready and with the right losses."""
        for variant in peer.variants():
            try:
                process = PeerProcess(peer, variant, self.python, self.task(peer), PATIENCE)
            except Failure as failure:
                self.note(peer, variant, failure)
                continue
            off = difference(process.found["losses"], self.expected)
            if off <= TOLERANCE:
                self.ready.append(Entry(process, off))
            else:
                process.end()
                self.note(peer, variant, Failure(f"not timed: its losses differ by {off:.1e} from ddp-train's"))

    def keep_faster_ones(self):
        """Of each peer's ways those that may be its fastest."""
        for name in {entry.peer.name for entry in self.ready}:
            entries = [entry for entry in self.ready if entry.peer.name == name]
            tried = [{"threads": entry.process.variant.threads, "words": entry.process.variant.words, "us_per_step": entry.median()}
                     for entry in entries]
            best = min(entry.median() for entry in entries)
            for entry in entries:
                entry.tried = tried
                if entry.median() > SLOWER * best:
                    self.ready.remove(entry)
                    entry.process.end()


class Entry:
    """A variant of a peer at a point."""

    def __init__(self, process, loss_difference):
        self.process, self.peer, self.loss_difference, self.turns, self.tried = process, process.peer, loss_difference, [], []

    def take_turn(self, seconds):
        self.turns.append(statistics.median(self.process.turn(seconds, PATIENCE)))

    def median(self):
        return statistics.median(self.turns)

    def row(self, point):
        return {"peer": self.peer.name, "processes": self.peer.processes, "threads": self.process.variant.threads,
                "words": self.process.variant.words} | spread(self.turns, point.batch) | {
                    "compile_seconds": self.process.found["compile_seconds"], "loss_difference": self.loss_difference,
                    "memory_mb": self.process.found["memory_mb"], "tried": self.tried}


class OwnRow:
    """ddp-train at a point: `bench` on one core, `scaling` on several ranks."""

    def __init__(self, point, ranks):
        self.point, self.ranks, self.turns, self.results, self.file = point, ranks, [], [], {}

    def take_turn(self, seconds):
        if self.ranks == 1:
            self.file = self.point.program(1, "bench", "--seconds", seconds)
            found = self.file["results"][0]
        else:
            # Half of its time is one core's.
            file = self.point.program(self.ranks, "scaling", "--mode", "strong", "--sync", "auto", "--ranks", self.ranks, "--seconds",
                                      2 * seconds)
            found = next(row for row in file["results"] if row["ranks"] == self.ranks)
        self.results.append(found)
        self.turns.append(found["us_per_step"])

    def row(self):
        def median(key):
            return statistics.median(result[key] for result in self.results)

        row = {"peer": "ddp-train", "processes": self.ranks, "threads": 1} | spread(self.turns, self.point.batch)
        if self.ranks > 1:
            return row | {"strategies": sorted({result["chosen"] for result in self.results}), "barrier_ns": median("barrier_ns")}
        phases = {name: statistics.median(result["phases"][name] for result in self.results) for name in self.results[0]["phases"]}
        return row | {key: median(key) for key in ("positions", "rows", "nominal_share_of_peak", "effective_share_of_peak")} | {
            "phases": phases, "isa": self.file["isa"], "peak_gflops": self.file["peak_gflops"]}


def spread(turns, batch):
    """The median of the turns' medians, with the least and the greatest."""
    middle = statistics.median(turns)
    return {"us_per_step": middle, "us_per_step_least": min(turns), "us_per_step_greatest": max(turns), "us_per_sample": middle / batch}
