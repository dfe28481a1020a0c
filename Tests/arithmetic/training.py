#!/usr/bin/env python3
"""training.py NAMES CHECKPOINT: trains as docs/arithmetic.md says, and compares bit for bit.

The checkpoint is one of `ddp-train --reproducible` at the end of a short run of a linear schedule; its metadata say which run.
All parameters and both moments are compared. Says the first element that differs, and exits with 1.

Arrays are computed on element by element, never across the order of a sum. float32 is numpy's; a fused multiply-add, which it
has not, is made of float64: the product of two float32 is exact there, and a sum that is rounded to odd is rounded once more
to the float32 that rounding once would have given (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
"""

import json, struct, sys
import numpy as np

f32, V, T, BOUNDARY, MASK = np.float32, 27, 16, 26, 2**64 - 1

def fma(total, a, b):
    """total + a · b, rounded once."""
    p, s = np.broadcast_arrays(np.float64(a) * np.float64(b), np.float64(total))
    t = p + s
    back = t - p
    error = (p - (t - back)) + (s - back)
    bits, away = t.view(np.int64), np.where((error > 0) == (t > 0), 1, -1)
    return np.where((error != 0) & (bits & 1 == 0), bits + away, bits).view(np.float64).astype(f32)

def without_tiny(x, bound=f32(2.0**-100)):
    return np.where(np.abs(x) < bound, f32(0), x)

def exponential(x):
    x87, shift = np.maximum(x, f32(-87)), f32(12582912)
    shifted = fma(shift, x87, f32(1.44269504))
    n = shifted - shift
    f = fma(fma(x87, n, f32(-0.693145752)), n, f32(-1.42860677e-6))
    p = np.full_like(f, f32(8.31252e-3))
    for coefficient in (4.189016e-2, 1.6667115e-1, 4.9999231e-1, 1, 1):
        p = fma(f32(coefficient), p, f)
    bits = p.view(np.uint32) + (shifted.view(np.uint32) << np.uint32(23))
    return np.where(x < f32(-60), f32(0), bits.view(f32))

def mix(z):
    z = (z + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)

def random_bits(seed, stream, counter):
    return mix((mix((mix(seed) + stream) & MASK) + counter * 0x9E3779B97F4A7C15) & MASK)

def uniform(seed, counters):
    return (np.array([random_bits(seed, 1, counter) >> 11 for counter in counters], np.float64) + 0.5) * 2.0**-53

def logarithm64(x):
    m, e = np.frexp(x)  # m from 1/2
    small = m <= float.fromhex("0x1.6a09e667f3bcdp-1")
    m, e = np.where(small, m * 2, m), np.where(small, e - 1.0, e)
    s, series = (m - 1) / (m + 1), 1.0 / 23
    for n in range(21, 0, -2):
        series = series * (s * s) + 1.0 / n
    return e * float.fromhex("0x1.62e42feep-1") + (2 * s * series + e * float.fromhex("0x1.a39ef35793c76p-33"))

def cosine_of_turns(u):
    n = np.rint(4 * u)
    z = (4 * u - n) * float.fromhex("0x1.921fb54442d18p0")
    even, odd = 1.0, 1.0
    for k in range(19, 2, -2):
        even = 1 - z * z / float((k - 1) * (k - 2)) * even
        odd = 1 - z * z / float(k * (k - 1)) * odd
    return np.choose(n.astype(int) % 4, [even, -z * odd, -even, z * odd])

def initial(seed, count):
    radius = np.sqrt(-2 * logarithm64(uniform(seed, range(0, 2 * count, 2))))
    return (0.08 * (radius * cosine_of_turns(uniform(seed, range(1, 2 * count, 2))))).astype(f32)

def read_names(path):
    lines = open(path, encoding="ascii").read().split()
    return sorted(tuple([ord(c) - 97 for c in line[:T]] + [BOUNDARY] * (T - len(line))) for line in lines)

def positions(name):
    return min(T, name.index(BOUNDARY) + 1) if BOUNDARY in name else T

def permuted(value, key, names):
    bits = (names - 1).bit_length()
    low_bits = bits - bits // 2
    while True:
        high, low, k = value >> low_bits, value & (2**low_bits - 1), key
        for _ in range(4):
            high ^= scramble(low, k) & (2 ** (bits // 2) - 1)
            low ^= scramble(high, k >> 17) & (2**low_bits - 1)
            k = (k * 0xD12942F57C8D2B6B + 0x9E3779B97F4A7C15) & MASK
        value = high << low_bits | low
        if value < names:
            return value

def scramble(x, key):
    x = ((x ^ key) * 0xA0761D6478BD642F) & MASK
    return (x >> 32) ^ (x >> 51)

def batch_of(step, batch, seed, names):
    places = [divmod(sample, len(names)) for sample in range(step * batch, (step + 1) * batch)]
    return [names[i] for i in sorted(permuted(place, random_bits(seed, 2, epoch), len(names)) for epoch, place in places)]

class Tree:
    """Rows, pairs and edges of sorted names."""
    def __init__(self, names):
        self.position, self.pair, self.predictions, self.pairs, self.edges = [], [], [], [], {}
        rows, pair_of = {}, {}
        for name in names:
            for p in range(positions(name)):
                if name[:p] not in rows:
                    key = (BOUNDARY if p == 0 else name[p - 1], p)
                    if key not in pair_of:
                        pair_of[key] = len(self.pairs)
                        self.pairs.append(key)
                    rows[name[:p]] = len(self.position)
                    self.position.append(p)
                    self.pair.append(pair_of[key])
                    self.predictions.append(0)
                row = rows[name[:p]]
                self.predictions[row] += 1
                self.edges[row, name[p]] = self.edges.get((row, name[p]), 0) + 1
        self.paths, path = [], [0] * T
        for row, p in enumerate(self.position):
            path[p] = self.pair[row]
            self.paths.append(path[: p + 1])

def product(left, right):
    """Each element one chain, from +0, in the order of k."""
    total = np.zeros((left.shape[0], right.shape[1]), f32)
    for k in range(left.shape[1]):
        total = fma(total, left[:, k, None], right[None, k, :])
    return total

def halves(lanes):
    while lanes.shape[-1] > 1:
        half = lanes.shape[-1] // 2
        lanes = lanes[..., :half] + lanes[..., half:]
    return lanes[..., 0]

def sixteen(a, b):
    lanes = np.zeros(a.shape[:-1] + (16,), f32)
    for i in range(a.shape[-1]):
        lanes[..., i % 16] = fma(lanes[..., i % 16], a[..., i], b[..., i])
    return lanes

def mean(a, b):
    return halves(sixteen(a, b)) * (f32(1) / f32(a.shape[1]))

def norm(x):
    inverse = f32(1) / np.sqrt(mean(x, x) + f32(1e-5))
    return x * inverse[:, None], inverse

def norm_backward(dy, y, inverse, residual):
    return fma(residual, inverse[:, None], fma(dy, -mean(dy, y)[:, None], y))

class Attention:
    """Of one row over the rows of its path, all heads side by side: arrays are (H, hd) or (keys, H, hd)."""
    def __init__(self, heads, head_dim):
        self.heads, self.scale = heads, f32(1) / np.sqrt(f32(head_dim))
        self.narrow = head_dim in (4, 8) and heads % 4 == 0

    def dots(self, one, rows):
        lanes = one * rows if self.narrow else sixteen(np.broadcast_to(one, rows.shape), rows)
        fours = lanes.reshape(rows.shape[:-1] + (-1, 4))
        fours = (fours[..., 0] + fours[..., 2]) + (fours[..., 1] + fours[..., 3])
        while fours.shape[-1] > 1:
            fours = fours[..., 0::2] + fours[..., 1::2]
        return fours[..., 0]

    def over_keys(self, keys, add):
        lanes = np.zeros((4, self.heads), f32)
        for key in range(keys):
            lanes[key % 4] = add(lanes[key % 4], key)
        return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])

    def weighed(self, weights, rows, start):
        total = start if self.narrow else np.zeros_like(start)
        for key in range(len(rows)):
            total = fma(total, weights[key, :, None], rows[key])
        return total if self.narrow else start + total

    def forward(self, q, k, v):
        scores = self.dots(q, k) * self.scale
        e = exponential(scores - scores.max(axis=0))
        weights = e * (f32(1) / self.over_keys(len(e), lambda lane, key: lane + e[key]))
        return weights, self.weighed(weights, v, np.zeros_like(q))

    def backward(self, q, k, v, weights, d, dqkv, path):
        """dqkv (U, 3, H, hd) is added to."""
        d_weights = self.dots(d, v)
        inner = self.over_keys(len(k), lambda lane, key: fma(lane, d_weights[key], weights[key]))
        d_scores = without_tiny(weights * (d_weights - inner) * self.scale)
        dqkv[path[-1], 0] = self.weighed(d_scores, k, dqkv[path[-1], 0])
        for part, share, x in ((1, d_scores, q), (2, weights, d)):
            share, old = share[:, :, None], dqkv[path, part]
            dqkv[path, part] = old + share * x if self.narrow else fma(old, share, x)

def gradient(w, names, scale, heads):
    """Of one micro-shard, by tensor."""
    C = w["wte"].shape[1]
    tree, attention = Tree(names), Attention(heads, C // heads)
    R, U = len(tree.position), len(tree.pairs)
    tokens, places = (list(x) for x in zip(*tree.pairs))
    x0, inverse0 = norm(w["wte"][tokens] + w["wpe"][places])
    y, inverse_y = norm(x0)
    wqkv = np.concatenate([w["layer0.attn_w" + part] for part in "qkv"])
    qkv = product(y, wqkv.T).reshape(U, 3, heads, C // heads)
    weights, a = [], np.zeros((R, C), f32)
    for row, path in enumerate(tree.paths):
        own, a[row].reshape(heads, -1)[:] = attention.forward(qkv[path[-1], 0], qkv[path, 1], qkv[path, 2])
        weights.append(own)
    x1 = product(a, w["layer0.attn_wo"].T) + x0[tree.pair]
    z, inverse_z = norm(x1)
    h = np.maximum(product(z, w["layer0.mlp_fc1"].T), f32(0))
    x2 = product(h, w["layer0.mlp_fc2"].T) + x1
    logits = product(x2, w["lm_head"].T)
    e = exponential(logits - logits.max(axis=1)[:, None])
    lanes = e[:, :16] + np.pad(e[:, 16:], ((0, 0), (0, 32 - V)))
    share = (np.float64(tree.predictions) * scale).astype(f32) / halves(lanes)
    dlogits = e * share[:, None]
    for (row, token), count in tree.edges.items():
        dlogits[row, token] -= f32(count * scale)
    d = {"lm_head": product(dlogits.T, x2)}
    dx2 = product(dlogits, w["lm_head"])
    d["layer0.mlp_fc2"] = product(dx2.T, h)
    dh = np.where(h > 0, product(dx2, w["layer0.mlp_fc2"]), f32(0))
    d["layer0.mlp_fc1"] = product(dh.T, z)
    dx1 = norm_backward(product(dh, w["layer0.mlp_fc1"]), z, inverse_z, dx2)
    d["layer0.attn_wo"] = product(dx1.T, a)
    da = product(dx1, w["layer0.attn_wo"]).reshape(R, heads, C // heads)
    dqkv = np.zeros_like(qkv)
    for row, path in enumerate(tree.paths):
        attention.backward(qkv[path[-1], 0], qkv[path, 1], qkv[path, 2], weights[row], da[row], dqkv, path)
    dqkv = dqkv.reshape(U, 3 * C)
    d.update(zip(["layer0.attn_w" + part for part in "qkv"], np.split(product(dqkv.T, y), 3)))
    dx0 = np.zeros((U, C), f32)
    for row, pair in enumerate(tree.pair):
        dx0[pair] += dx1[row]
    dx = norm_backward(norm_backward(product(dqkv, wqkv), y, inverse_y, dx0), x0, inverse0, f32(0))
    d["wte"], d["wpe"] = np.zeros_like(w["wte"]), np.zeros_like(w["wpe"])
    for row, (token, place) in enumerate(tree.pairs):
        d["wte"][token] += dx[row]
        d["wpe"][place] += dx[row]
    return np.concatenate([d[tensor].reshape(-1) for tensor in w])

def added_up(leaves):
    if len(leaves) == 1:
        return leaves[0]
    half = 2 ** ((len(leaves) - 1).bit_length() - 1)  # the largest power of two that leaves something
    return added_up(leaves[:half]) + added_up(leaves[half:])

def adam(p, m, v, g, rate, t, beta2):
    rate, correction = f32(rate / (1 - power(0.85, t))), f32(1 / (1 - power(beta2, t)))
    g = np.minimum(np.maximum(g, f32(-1e18)), f32(1e18)) + (g - g)
    square = without_tiny(g, f32(2.0**-50))
    m = without_tiny(fma(m * f32(0.85), f32(1 - 0.85), g))
    v = without_tiny(fma(v * f32(beta2), f32(1 - beta2), square * square))
    return fma(p, -rate, m / (np.sqrt(v * correction) + f32(1e-8))), m, v

def power(beta, t):
    result = 1.0
    while t:
        result, beta, t = (result * beta if t & 1 else result), beta * beta, t >> 1
    return result

def train(names, shapes, run):
    batch, steps, seed, beta2 = int(run["batch"]), int(run["steps"]), int(run["seed"]), float(run["beta2"])
    leaves = min(batch, int(run["micro-shards"]))
    ends = np.cumsum([rows * columns for rows, columns in shapes.values()])
    p, m, v = initial(seed, ends[-1]), np.zeros(ends[-1], f32), np.zeros(ends[-1], f32)
    for step in range(steps):
        chosen = batch_of(step, batch, seed, names)
        scale = 1 / float(sum(map(positions, chosen)))
        w = {tensor: x.reshape(shape) for (tensor, shape), x in zip(shapes.items(), np.split(p, ends[:-1]))}
        starts = [leaf * (batch // leaves) + min(leaf, batch % leaves) for leaf in range(leaves + 1)]
        parts = [gradient(w, chosen[a:b], scale, int(run["heads"])) for a, b in zip(starts, starts[1:])]
        rate = float(run["learning-rate"]) * (1 - step / steps)
        p, m, v = adam(p, m, v, added_up(parts), rate, step + 1, beta2)
    return [np.split(x, ends[:-1]) for x in (p, m, v)]

def main():
    data = open(sys.argv[2], "rb").read()
    size = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:size])
    run = header.pop("__metadata__")
    needed = {"reproducible": "true", "schedule": "linear", "warm-up": "0", "batch-ramp": "0", "step": run["steps"]}
    assert needed.items() <= run.items(), f"{sys.argv[2]} is not of the end of a reproducible run of a linear schedule"
    shapes = {name: x["shape"] for name, x in header.items() if name != "losses" and not name.startswith("adam.")}
    words = "C = {d-model}, {heads} heads, B = {batch}, {steps} steps".format(**run)
    for prefix, values in zip(("", "adam.first.", "adam.second."), train(read_names(sys.argv[1]), shapes, run)):
        for name, found in zip(shapes, values):
            first, last = header[prefix + name]["data_offsets"]
            expected = np.frombuffer(data[size + first : size + last], "<f4")
            wrong = np.flatnonzero(found != expected)
            if len(wrong):
                i, columns = int(wrong[0]), shapes[name][1]
                sys.exit(f"{words}: {prefix}{name}[{i // columns}, {i % columns}] is {found[i]!r} here and {expected[i]!r} there, "
                         f"and {len(wrong) - 1} more of {len(found)} differ")
    print(f"{words}: 3 · {sum(rows * columns for rows, columns in shapes.values())} numbers, all the same")

main()
