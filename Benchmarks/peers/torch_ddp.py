"""PyTorch on N processes: eager steps, each process with every N-th name, and DistributedDataParallel over gloo."""

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import peer
import torch_model


class Trainer(torch_model.Trainer):
    def __init__(self, task, chunk):
        super().__init__(task, chunk, dist.get_rank(), dist.get_world_size())
        # The weights are those of the whole batch, and DistributedDataParallel takes the mean of the processes' gradients.
        self.share = dist.get_world_size()
        self.model = DistributedDataParallel(self.model, gradient_as_bucket_view=True, static_graph=True)

    def run(self, i):
        losses = torch.tensor(super().run(i))
        dist.all_reduce(losses)
        return losses


def pass_on(count):
    number = torch.tensor(count)
    dist.broadcast(number, 0)
    return int(number)


if __name__ == "__main__":
    dist.init_process_group("gloo")
    peer.serve(Trainer, torch_model.about, dist.get_rank() == 0, pass_on)
    dist.destroy_process_group()
