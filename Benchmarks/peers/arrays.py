"""Batches and parameters as numpy arrays, for the peers that compute with arrays.

A batch of B names is a grid of B · 16 places. Nearly all work is done on the rows that predict something, one after the other
without padding; only attention sees the grid. So that all batches have as many rows, some places after names' ends join them, with
weight 0: nothing before them sees them, for attention is causal.
"""

import numpy as np

from peer import BOUNDARY, POSITIONS, inputs_and_targets, random_bits, shapes

CHANNELS = ("token", "position", "target", "weight", "place")


def initial(c, seed=1, block=1 << 20):
    """Every tensor of a new model, (outputs, inputs) float32."""
    sizes = {name: rows * columns for name, (rows, columns) in shapes(c).items()}
    count = sum(sizes.values())
    values = np.empty(count, np.float32)
    for begin in range(0, count, block):
        i = np.arange(begin, min(begin + block, count), dtype=np.uint64)
        radius, turns = (((random_bits(seed, 1, 2 * i + k) >> 11) + 0.5) * 2.0**-53 for k in (0, 1))
        values[begin:begin + block] = 0.08 * np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * turns)
    return split(values, c)


def split(values, c):
    ends = np.cumsum([rows * columns for rows, columns in shapes(c).values()])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes(c).items(), np.split(values, ends[:-1]))}


def parameters(task):
    if task.parameters is None:
        return initial(task.c)
    return {name: np.frombuffer(task.parameters[name], "<f4").reshape(shape) for name, shape in shapes(task.c).items()}


def rows(task, rank=0, ranks=1):
    """The batches as five arrays (batches, R): token, position, target, weight, place. A process of several has every ranks-th name."""
    batches = [batch[rank::ranks] for batch in task.batches]
    names = max(1, *map(len, batches))
    lengths = [sum(len(inputs_and_targets(name)[0]) for name in batch) for batch in batches]
    count = max(1, *lengths)
    found = {name: np.zeros((len(batches), count), np.float32 if name == "weight" else np.int64) for name in CHANNELS}
    for b, batch in enumerate(batches):
        grid = {"token": np.full((names, POSITIONS), BOUNDARY), "target": np.zeros((names, POSITIONS), int),
                "weight": np.zeros((names, POSITIONS))}
        for i, name in enumerate(batch):
            own, targets = inputs_and_targets(name)
            grid["token"][i, :len(own)], grid["target"][i, :len(own)] = own, targets
            grid["weight"][i, :len(own)] = 1 / task.predictions[b]
        used = grid["weight"].reshape(-1) > 0
        # The used ones first among equals, then as many others as are needed, all in the grid's order.
        place = np.sort(np.argsort(~used, kind="stable")[:count])
        for name, values in grid.items():
            found[name][b] = values.reshape(-1)[place]
        found["place"][b], found["position"][b] = place, place % POSITIONS
    return names, found
