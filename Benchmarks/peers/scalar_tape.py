"""CPython alone: each number is an object that knows what it was made of, and the gradient comes back along them.

Numbers are Python's, of 64 bits. The tape is that of one name, for one of a whole batch would take gigabytes; gradients add up.
"""

import gc
import math
import operator
import platform
import struct

import peer
from peer import BETA_1, BETA_2, EPSILON, NORM_EPSILON

TAPE = []


class Value:
    """A number, those that it was made of, and its derivative by each of them."""

    __slots__ = ("data", "grad", "children", "local")

    def __init__(self, data, children=(), local=()):
        self.data, self.grad, self.children, self.local = data, 0.0, children, local
        if children:
            TAPE.append(self)

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def scaled(self, factor, plus=0.0):
        return Value(self.data * factor + plus, (self,), (factor,))

    def power(self, exponent):
        return Value(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1),))

    def exp(self):
        result = math.exp(self.data)
        return Value(result, (self,), (result,))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def relu(self):
        return self if self.data > 0 else Value(0.0)


def dot(a, b):
    """One entry of the tape: a sum of products of their own would take twice as many as there are terms."""
    x, y = tuple(v.data for v in a), tuple(v.data for v in b)
    return Value(sum(map(operator.mul, x, y)), (*a, *b), y + x)


def total(values):
    return Value(sum(v.data for v in values), tuple(values), (1.0,) * len(values))


def backward(loss):
    """Adds to the gradients of all parameters, and ends the tape, whose order is that of the computation."""
    loss.grad = 1.0
    for value in reversed(TAPE):
        grad = value.grad
        if grad:
            for child, local in zip(value.children, value.local):
                child.grad += grad * local
    TAPE.clear()


def linear(x, w):
    return [dot(row, x) for row in w]


def norm(x):
    inverse = dot(x, x).scaled(1 / len(x), NORM_EPSILON).power(-0.5)
    return [value * inverse for value in x]


def softmax(x):
    largest = max(value.data for value in x)
    e = [value.scaled(1.0, -largest).exp() for value in x]
    inverse = total(e).power(-1)
    return [value * inverse for value in e]


def loss_of(name, w, heads, scale):
    """The sum of a name's losses, times scale."""
    size = len(w["wte"][0]) // heads
    parts = [slice(h * size, (h + 1) * size) for h in range(heads)]
    keys, values, losses = [], [], []
    for position, (token, target) in enumerate(zip(*peer.inputs_and_targets(name))):
        x0 = norm([a + b for a, b in zip(w["wte"][token], w["wpe"][position])])
        y = norm(x0)
        q = linear(y, w["attn_wq"])
        keys.append(linear(y, w["attn_wk"]))
        values.append(linear(y, w["attn_wv"]))
        a = []
        for part in parts:
            p = softmax([dot(q[part], k[part]).scaled(size**-0.5) for k in keys])
            a += [dot(p, column) for column in zip(*(v[part] for v in values))]
        x1 = [a + b for a, b in zip(linear(a, w["attn_wo"]), x0)]
        h = [value.relu() for value in linear(norm(x1), w["mlp_fc1"])]
        x2 = [a + b for a, b in zip(linear(h, w["mlp_fc2"]), x1)]
        losses.append(softmax(linear(x2, w["lm_head"]))[target].log())
    return total(losses).scaled(-scale)


class Trainer:
    def __init__(self, task, chunk):
        self.task, self.chunk, self.steps = task, chunk, 0
        shapes = peer.shapes(task.c)
        if task.parameters is None:
            numbers = iter(peer.initial_values(sum(rows * columns for rows, columns in shapes.values())))
        else:
            numbers = (x for tensor in task.parameters.values() for (x,) in struct.iter_unpack("<f", tensor))
        self.w = {name: [[Value(next(numbers)) for _ in range(columns)] for _ in range(rows)] for name, (rows, columns) in shapes.items()}
        self.parameters = [value for matrix in self.w.values() for row in matrix for value in row]
        self.m, self.v = ([0.0] * len(self.parameters) for _ in range(2))

    def run(self, i):
        return [self.step(k) for k in range(i * self.chunk, (i + 1) * self.chunk)]

    def step(self, k):
        loss = 0.0
        for name in self.task.batches[k]:
            own = loss_of(name, self.w, self.task.heads, 1 / self.task.predictions[k])
            loss += own.data
            backward(own)
        self.adam(self.task.rates[k])
        return loss

    def adam(self, rate):
        self.steps += 1
        rate, correction = rate / (1 - BETA_1**self.steps), 1 / (1 - BETA_2**self.steps)
        for i, value in enumerate(self.parameters):
            grad, value.grad = value.grad, 0.0
            self.m[i] = m = BETA_1 * self.m[i] + (1 - BETA_1) * grad
            self.v[i] = v = BETA_2 * self.v[i] + (1 - BETA_2) * grad * grad
            value.data -= rate * m / (math.sqrt(v * correction) + EPSILON)


def about():
    return {"versions": {"python": platform.python_version()}}


if __name__ == "__main__":
    # There are no cycles, and looking for some among millions of objects takes most of the time.
    gc.disable()
    peer.serve(Trainer, about)
