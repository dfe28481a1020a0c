"""PyTorch, compiled: a whole step, with its gradient and Adam, is one graph of generated code."""

import torch

import peer
import torch_model
from peer import BETA_1, BETA_2, EPSILON

# The calls between the kernels in C++, too.
OPTIONS = {"cpp_wrapper": True} if torch_model.DEVICE.type == "cpu" else {}


class Trainer(torch_model.Trainer):
    def __init__(self, task, chunk):
        super().__init__(task, chunk)
        self.w = {name: x.detach() for name, x in self.model.named_parameters()}
        self.m, self.v = ({name: torch.zeros_like(x) for name, x in self.w.items()} for _ in range(2))
        # On the device, for numbers would be compiled in.
        self.done = torch.zeros((), device=torch_model.DEVICE)
        self.rates = torch.tensor(task.rates, device=torch_model.DEVICE).unbind()
        self.compiled = torch.compile(self.whole_step, dynamic=False, fullgraph=True, options=OPTIONS)
        self.is_compiled = False

    def whole_step(self, w, m, v, done, batch, rate):
        """Changes w, m, v and done in place."""
        g, loss = torch.func.grad_and_value(lambda w: torch.func.functional_call(self.model, w, (*batch, self.names)))(w)
        done += 1
        rate, correction = rate / (1 - BETA_1**done), 1 / (1 - BETA_2**done)
        for name, x in w.items():
            m[name].lerp_(g[name], 1 - BETA_1)
            v[name].mul_(BETA_2).addcmul_(g[name], g[name], value=1 - BETA_2)
            x -= rate * m[name] / ((v[name] * correction).sqrt() + EPSILON)
        return loss

    def run(self, i):
        # Once it is compiled nothing changes any more, so that the checks before each call may be left out.
        with torch.compiler.set_stance(skip_guard_eval_unsafe=self.is_compiled):
            losses = super().run(i)
        self.is_compiled = True
        return losses

    def step(self, k):
        return self.compiled(self.w, self.m, self.v, self.done, self.batches[k], self.rates[k])


if __name__ == "__main__":
    peer.serve(Trainer, torch_model.about)
