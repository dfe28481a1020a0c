"""What all peers share: the names, the batches and the initial parameters of docs/arithmetic.md, and the talk with `run`.

Plain Python, for one of the peers has nothing else. `run` starts a peer with its task, an object as JSON. The peer trains five steps
of each file of reference losses, and of the task's own model and batch, and prints what it found as a line of JSON. Then it
answers each number of seconds on its standard input with the times of as many chunks of steps as fit, until that input ends.
"""

import json
import math
import resource
import statistics
import struct
import sys
import time
from pathlib import Path

VOCABULARY, POSITIONS, BOUNDARY = 27, 16, 26
BETA_1, BETA_2, EPSILON = 0.85, 0.99, 1e-8
NORM_EPSILON = 1e-5
MASK = 2**64 - 1
NAMES = Path(__file__).resolve().parents[2] / "data/names.txt"


def shapes(c):
    """Of the tensors, in canonical order: (outputs, inputs)."""
    return {"wte": (VOCABULARY, c), "wpe": (POSITIONS, c), "attn_wq": (c, c), "attn_wk": (c, c), "attn_wv": (c, c), "attn_wo": (c, c),
            "mlp_fc1": (4 * c, c), "mlp_fc2": (c, 4 * c), "lm_head": (VOCABULARY, c)}


# MARK: random numbers and names, as docs/arithmetic.md defines them


def mix(z):
    """Of whole numbers, or of an array of them."""
    z = (z + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def random_bits(seed, stream, counter):
    return mix((mix((mix(seed) + stream) & MASK) + counter * 0x9E3779B97F4A7C15) & MASK)


def initial_values(count, seed=1):
    """A new model's numbers. Those with arrays have a faster one of their own."""
    def uniform(counter):
        return ((random_bits(seed, 1, counter) >> 11) + 0.5) * 2.0**-53

    return [0.08 * math.sqrt(-2 * math.log(uniform(2 * i))) * math.cos(2 * math.pi * uniform(2 * i + 1)) for i in range(count)]


def tokens(name):
    return [ord(letter) - ord("a") for letter in name][:POSITIONS]


def read_names():
    """Sorted by their 16 tokens."""
    names = [tokens(line) for line in NAMES.read_text().split()]
    return sorted(names, key=lambda name: name + [BOUNDARY] * (POSITIONS - len(name)))


def inputs_and_targets(name):
    """A name's predictions: a boundary and its letters, each followed by the next, and by a boundary at the end."""
    return ([BOUNDARY] + name)[:POSITIONS], (name + [BOUNDARY])[:POSITIONS]


def draw(step, batch, names, seed=1):
    """The names of a step."""
    places = [divmod(sample, len(names)) for sample in range(step * batch, (step + 1) * batch)]
    return [names[i] for i in sorted(permuted(place, random_bits(seed, 2, epoch), len(names)) for epoch, place in places)]


def permuted(value, key, count):
    bits = (count - 1).bit_length()
    low_bits = bits - bits // 2
    while True:
        high, low, k = value >> low_bits, value & (2**low_bits - 1), key
        for _ in range(4):
            high ^= scramble(low, k) & (2 ** (bits // 2) - 1)
            low ^= scramble(high, k >> 17) & (2**low_bits - 1)
            k = (k * 0xD12942F57C8D2B6B + 0x9E3779B97F4A7C15) & MASK
        value = high << low_bits | low
        if value < count:
            return value


def scramble(x, key):
    x = ((x ^ key) * 0xA0761D6478BD642F) & MASK
    return (x >> 32) ^ (x >> 51)


def read_reference(path):
    """A file of Tests/golden: its settings, and its initial parameters as little-endian float32 by tensor."""
    data = Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    settings = header.pop("__metadata__")
    begin = {name.split(".")[-1]: [start + offset for offset in entry["data_offsets"]] for name, entry in header.items()
             if name.startswith("initial.")}
    parameters = {name: data[begin[name][0]:begin[name][1]] for name in shapes(int(settings["d_model"]))}
    return settings, parameters


# MARK: the talk with `run`


class Task:
    """What is trained. `batches` are lists of names, `rates` a learning rate for each."""

    def __init__(self, c, heads, batches, rates, parameters=None):
        self.c, self.heads, self.batches, self.rates, self.parameters = c, heads, batches, rates, parameters
        self.predictions = [sum(len(inputs_and_targets(name)[0]) for name in batch) for batch in batches]


def reference_task(path):
    settings, parameters = read_reference(path)
    steps, rate = int(settings["steps"]), float(settings["lr"])
    batches = [[tokens(name) for name in batch] for batch in json.loads(settings["batches"])]
    return Task(int(settings["d_model"]), int(settings["heads"]), batches, [rate * (1 - s / steps) for s in range(steps)], parameters)


def own_task(what):
    """The first steps are those of `ddp-train train --steps FIRST`; later ones go on, again and again, at a small constant rate."""
    names = read_names()
    first, rate = what["first"], what["learning_rate"]
    batches = [draw(step, what["batch"], names) for step in range(what["distinct"])]
    rates = [rate * (1 - s / first) if s < first else rate / 100 for s in range(len(batches))]
    return Task(what["c"], what["heads"], batches, rates)


def say(found):
    print(json.dumps(found), flush=True)


def serve(trainer_of, about, leads=True, pass_on=lambda count: count):
    """Runs a peer.

    trainer_of(task, chunk) makes one with `run(i)`, which trains chunk i of `chunk` steps and returns their losses when they are done;
    `about` says what else `run` is to know. Of several processes one leads, and pass_on gives all of them the leader's number.
    """
    request = json.loads(sys.argv[1])
    found = {"reference_losses": {}}
    for path in request.get("references", []):
        task = reference_task(path)
        found["reference_losses"][Path(path).stem] = numbers(trainer_of(task, len(task.batches)).run(0))
    trainer, seconds = None, 0
    if point := request.get("point"):
        trainer, chunks = trainer_of(own_task(point), point["chunk"]), point["distinct"] // point["chunk"]
        first, losses = timed(trainer, 0)
        for i in range(1, -(-point["first"] // point["chunk"])):
            losses += timed(trainer, i)[1]
        # The second time is whole, too: some compile again once they have seen another batch.
        timed(trainer, chunks - 1)
        seconds, _ = timed(trainer, 0)
        found |= {"losses": losses[:point["first"]], "compile_seconds": max(0, first - seconds), "us_per_step": 1e6 * seconds / point["chunk"]}
    if leads:
        say(found | about() | {"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
    done = 0
    while count := pass_on(chunks_in(sys.stdin.readline(), seconds) if leads else 0):
        times = [timed(trainer, (done + i) % chunks)[0] for i in range(count)]
        seconds, done = statistics.median(times), done + count
        if leads:
            say({"us_per_step": [1e6 * time / point["chunk"] for time in times]})


def timed(trainer, i):
    start = time.perf_counter()
    losses = trainer.run(i)
    return time.perf_counter() - start, numbers(losses)


def chunks_in(line, seconds):
    """As many as fit, at least one; none where the input has ended."""
    return max(1, round(float(line) / seconds)) if line.strip() else 0


def numbers(losses):
    return [float(loss) for loss in losses]


def say(found):
    print(json.dumps(found), flush=True)
