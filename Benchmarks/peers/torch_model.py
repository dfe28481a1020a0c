"""The model in PyTorch, for the peers that use it: its products on rows, attention on the grid (arrays.py)."""

import math
import os

import numpy as np
import torch
import torch.nn.functional as F

import arrays
from peer import BETA_1, BETA_2, EPSILON, NORM_EPSILON, POSITIONS

DEVICE = torch.device(os.environ.get("PEER_DEVICE", "cpu"))
# As the program does: numbers too small for full precision would take a hundred cycles each.
torch.set_flush_denormal(True)
FUTURE = torch.full((POSITIONS, POSITIONS), -math.inf, device=DEVICE).triu(1)


class GPT(torch.nn.Module):
    def __init__(self, tensors, heads):
        super().__init__()
        w = {name: torch.tensor(x) for name, x in tensors.items()}
        # One layer of 3 C outputs; the gradients are those of three.
        w["attn_wqkv"] = torch.cat([w.pop("attn_wq"), w.pop("attn_wk"), w.pop("attn_wv")])
        self.w = torch.nn.ParameterDict(w)
        self.heads = heads

    def forward(self, token, position, target, weight, place, names):
        """The sum of the predictions' losses times their weights."""
        w, c = self.w, self.w["wte"].shape[1]
        x0 = norm(F.embedding(token, w["wte"]) + F.embedding(position, w["wpe"]))
        qkv = F.linear(norm(x0), w["attn_wqkv"])
        grid = qkv.new_zeros(names * POSITIONS, 3 * c).index_copy(0, place, qkv)
        q, k, v = grid.view(names, POSITIONS, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        a = attention(q, k, v).transpose(1, 2).reshape(names * POSITIONS, c).index_select(0, place)
        x1 = F.linear(a, w["attn_wo"]) + x0
        x2 = F.linear(F.relu(F.linear(norm(x1), w["mlp_fc1"])), w["mlp_fc2"]) + x1
        return F.cross_entropy(F.linear(x2, w["lm_head"]), target, reduction="none") @ weight


def norm(x):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + NORM_EPSILON)


def attention(q, k, v):
    """By PyTorch's own kernel, or by two products, whichever `run` asks for: which one is faster depends on the size."""
    if os.environ.get("PEER_ATTENTION") == "kernel":
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + FUTURE
    return scores.softmax(-1) @ v


def on_device(rows, i):
    return [torch.from_numpy(np.ascontiguousarray(rows[name][i])).to(DEVICE) for name in arrays.CHANNELS]


class Trainer:
    """Steps one by one, each with its own calls."""

    # Of the gradient, in the mean of several processes.
    share = 1

    def __init__(self, task, chunk, rank=0, ranks=1):
        self.rates, self.chunk = task.rates, chunk
        self.names, rows = arrays.rows(task, rank, ranks)
        self.batches = [on_device(rows, i) for i in range(len(task.batches))]
        self.model = GPT(arrays.parameters(task), task.heads).to(DEVICE)
        self.adam = torch.optim.Adam(self.model.parameters(), betas=(BETA_1, BETA_2), eps=EPSILON, fused=True)

    def run(self, i):
        losses = [self.step(k) for k in range(i * self.chunk, (i + 1) * self.chunk)]
        # Reading them waits for the device.
        return torch.stack(losses).tolist()

    def step(self, k):
        loss = self.model(*self.batches[k], self.names)
        self.adam.zero_grad()
        (loss if self.share == 1 else loss * self.share).backward()
        self.adam.param_groups[0]["lr"] = self.rates[k]
        self.adam.step()
        return loss.detach()


def about():
    device = torch.cuda.get_device_name() if DEVICE.type == "cuda" else "cpu"
    return {"versions": {"torch": torch.__version__}, "device": device, "threads": torch.get_num_threads()}
