"""numpy on one process: both passes by hand, a BLAS for the products."""

import numpy as np

import arrays
import peer
from peer import BETA_1, BETA_2, EPSILON, NORM_EPSILON, POSITIONS

# Floats of a vector that Adam works on at a time: with the other three they stay in the second-level cache.
BLOCK = 1 << 15
ONE_HOT = np.eye(peer.VOCABULARY, dtype=np.float32)
ONE_PLACE = np.eye(POSITIONS, dtype=np.float32)
FUTURE = np.triu(np.full((POSITIONS, POSITIONS), -np.inf, np.float32), 1)


def norm(x):
    inverse = 1 / np.sqrt(np.einsum("rc,rc->r", x, x)[:, None] / x.shape[1] + np.float32(NORM_EPSILON))
    return x * inverse, inverse


def norm_backward(dy, y, inverse):
    return (dy - y * (np.einsum("rc,rc->r", dy, y)[:, None] / y.shape[1])) * inverse


class Model:
    """The parameters and their gradients, each one vector; the tensors are views of it."""

    def __init__(self, tensors, heads):
        self.c, self.heads = tensors["wte"].shape[1], heads
        self.values = np.concatenate([tensor.reshape(-1) for tensor in tensors.values()])
        self.gradient, self.m, self.v = (np.zeros_like(self.values) for _ in range(3))
        self.w, self.d = self.tensors(self.values), self.tensors(self.gradient)
        self.steps = 0

    def tensors(self, vector):
        parts = arrays.split(vector, self.c)
        # Queries, keys and values lie side by side: one layer of 3 C outputs.
        begin = sum(parts[name].size for name in ("wte", "wpe"))
        return parts | {"attn_wqkv": vector[begin:begin + 3 * self.c**2].reshape(3 * self.c, self.c)}

    def heads_of(self, rows, place, names):
        """(R, k · C) rows as a grid, (k, names, heads, 16, C / heads)."""
        grid = np.zeros((names * POSITIONS, rows.shape[1]), np.float32)
        grid[place] = rows
        return grid.reshape(names, POSITIONS, -1, self.heads, self.c // self.heads).transpose(2, 0, 3, 1, 4)

    def rows_of(self, grid, place):
        """The way back."""
        return grid.transpose(1, 3, 0, 2, 4).reshape(grid.shape[1] * POSITIONS, -1)[place]

    def loss_and_gradient(self, names, token, position, target, weight, place):
        """Of a batch's rows; the gradient goes into `gradient`."""
        w, d = self.w, self.d
        x0, inverse0 = norm(w["wte"][token] + w["wpe"][position])
        y, inverse_y = norm(x0)
        q, k, v = self.heads_of(y @ w["attn_wqkv"].T, place, names)
        scale = np.float32((self.c // self.heads) ** -0.5)
        p = q @ k.swapaxes(-1, -2) * scale + FUTURE
        p = np.exp(p - p.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        a = self.rows_of((p @ v)[None], place)
        x1 = a @ w["attn_wo"].T + x0
        z, inverse_z = norm(x1)
        h = np.maximum(z @ w["mlp_fc1"].T, 0)
        x2 = h @ w["mlp_fc2"].T + x1
        logits = x2 @ w["lm_head"].T
        logits -= logits.max(-1, keepdims=True)
        e = np.exp(logits)
        total = e.sum(-1, keepdims=True)
        each = np.arange(len(target)), target
        loss = weight @ (np.log(total[:, 0]) - logits[each])

        d_logits = e * (weight[:, None] / total)
        d_logits[each] -= weight
        np.matmul(d_logits.T, x2, out=d["lm_head"])
        dx2 = d_logits @ w["lm_head"]
        np.matmul(dx2.T, h, out=d["mlp_fc2"])
        dh = dx2 @ w["mlp_fc2"]
        dh *= h > 0
        np.matmul(dh.T, z, out=d["mlp_fc1"])
        dx1 = dx2 + norm_backward(dh @ w["mlp_fc1"], z, inverse_z)
        np.matmul(dx1.T, a, out=d["attn_wo"])
        da = self.heads_of(dx1 @ w["attn_wo"], place, names)[0]
        dp = da @ v.swapaxes(-1, -2)
        ds = p * (dp - (dp * p).sum(-1, keepdims=True)) * scale
        dqkv = self.rows_of(np.stack([ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ da]), place)
        np.matmul(dqkv.T, y, out=d["attn_wqkv"])
        dx0 = dx1 + norm_backward(dqkv @ w["attn_wqkv"], y, inverse_y)
        dx = norm_backward(dx0, x0, inverse0)
        # A product adds up rows of one token faster than an indexed sum.
        np.matmul(ONE_HOT[token].T, dx, out=d["wte"])
        np.matmul(ONE_PLACE[position].T, dx, out=d["wpe"])
        return loss

    def adam(self, rate):
        self.steps += 1
        rate = np.float32(rate / (1 - BETA_1**self.steps))
        correction = np.float32((1 - BETA_2**self.steps) ** -0.5)
        for begin in range(0, len(self.values), BLOCK):
            values, g, m, v = (x[begin:begin + BLOCK] for x in (self.values, self.gradient, self.m, self.v))
            m *= np.float32(BETA_1)
            m += np.float32(1 - BETA_1) * g
            v *= np.float32(BETA_2)
            g *= g
            g *= np.float32(1 - BETA_2)
            v += g
            np.sqrt(v, out=g)
            g *= correction
            g += np.float32(EPSILON)
            np.divide(m, g, out=g)
            g *= rate
            values -= g


class Trainer:
    def __init__(self, task, chunk, rank=0, ranks=1, add_up=lambda gradient: None):
        self.model, self.rates, self.chunk, self.add_up = Model(arrays.parameters(task), task.heads), task.rates, chunk, add_up
        self.names, rows = arrays.rows(task, rank, ranks)
        self.batches = [tuple(rows[name][i] for name in arrays.CHANNELS) for i in range(len(task.batches))]

    def run(self, i):
        return [self.step(k) for k in range(i * self.chunk, (i + 1) * self.chunk)]

    def step(self, k):
        loss = self.model.loss_and_gradient(self.names, *self.batches[k])
        self.add_up(self.model.gradient)
        self.model.adam(self.rates[k])
        return loss


def about():
    from threadpoolctl import threadpool_info
    blas = [f"{lib['internal_api']} {lib['version']}, {lib.get('architecture')}" for lib in threadpool_info() if lib["user_api"] == "blas"]
    return {"versions": {"numpy": np.__version__}, "blas": ", ".join(blas)}


if __name__ == "__main__":
    peer.serve(Trainer, about)
