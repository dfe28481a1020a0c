"""JAX: a chunk of steps is one compiled program, a scan that keeps parameters and moments in place."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import arrays
import peer
from peer import BETA_1, BETA_2, EPSILON, NORM_EPSILON, POSITIONS

# Of 32 bits on a GPU as well, where JAX would take fewer.
jax.config.update("jax_default_matmul_precision", "highest")


def norm(x):
    return x * lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + NORM_EPSILON)


@jax.custom_vjp
def moved(x, there, back):
    """Rows of x by number, where one past the end is a row of zeros; `back` says the way back, which is such a move, too.

    JAX would make a scatter of it, one row at a time."""
    return x.at[there].get(mode="fill", fill_value=0)


moved.defvjp(lambda x, there, back: (moved(x, there, back), (there, back)), lambda way, d: (moved(d, way[1], way[0]), None, None))


def loss_of(w, batch, heads, names):
    """Mean over the batch's predictions."""
    token, position, target, weight, place, row = batch
    c = w["wte"].shape[1]
    x0 = norm(w["wte"][token] + w["wpe"][position])
    qkv = norm(x0) @ jnp.concatenate([w["attn_wq"], w["attn_wk"], w["attn_wv"]]).T
    q, k, v = jnp.unstack(moved(qkv, row, place).reshape(names, POSITIONS, 3, heads, c // heads), axis=2)
    # Queries before heads in all of it: nothing is transposed.
    scores = jnp.einsum("bqhd,bkhd->bqhk", q, k) * (c // heads) ** -0.5
    past = jnp.tril(jnp.ones((POSITIONS, POSITIONS), bool))[:, None]
    p = jax.nn.softmax(jnp.where(past, scores, -jnp.inf))
    a = jnp.einsum("bqhk,bkhd->bqhd", p, v).reshape(names * POSITIONS, c)
    x1 = moved(a, place, row) @ w["attn_wo"].T + x0
    x2 = jax.nn.relu(norm(x1) @ w["mlp_fc1"].T) @ w["mlp_fc2"].T + x1
    log_p = jax.nn.log_softmax(x2 @ w["lm_head"].T)
    return -weight @ jnp.take_along_axis(log_p, target[:, None], 1)[:, 0]


def step(heads, names, state, what):
    w, m, v, t = state
    batch, rate = what
    loss, g = jax.value_and_grad(loss_of)(w, batch, heads, names)
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, g)
    v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, g)
    rate, correction = rate / (1 - BETA_1**t), 1 / (1 - BETA_2**t)
    w = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v * correction) + EPSILON), w, m, v)
    return (w, m, v, t), loss


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=2)
def chunk_of_steps(heads, names, state, batches, rates):
    return lax.scan(partial(step, heads, names), state, (batches, rates))


class Trainer:
    def __init__(self, task, chunk):
        self.heads = task.heads
        self.names, rows = arrays.rows(task)
        count = rows["token"].shape[1]
        # Of each place its row; one past the end where it has none.
        row = np.full((len(task.batches), self.names * POSITIONS), count)
        np.put_along_axis(row, rows["place"], np.arange(count)[None], axis=1)
        batches = [rows[name].astype(np.float32 if name == "weight" else np.int32) for name in arrays.CHANNELS] + [row.astype(np.int32)]
        cuts = [slice(i, i + chunk) for i in range(0, len(task.batches), chunk)]
        self.chunks = [([jnp.asarray(x[cut]) for x in batches], jnp.asarray(task.rates[cut], jnp.float32)) for cut in cuts]
        w = {name: jnp.array(x) for name, x in arrays.parameters(task).items()}
        self.state = w, jax.tree.map(jnp.zeros_like, w), jax.tree.map(jnp.zeros_like, w), jnp.float32(0)

    def run(self, i):
        self.state, losses = chunk_of_steps(self.heads, self.names, self.state, *self.chunks[i])
        return np.asarray(losses)


def about():
    return {"versions": {"jax": jax.__version__}, "device": str(jax.devices()[0])}


if __name__ == "__main__":
    peer.serve(Trainer, about)
