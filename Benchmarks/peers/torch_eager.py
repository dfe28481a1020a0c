"""PyTorch, eager: autograd and the fused Adam."""

import peer
from torch_model import Trainer, about

if __name__ == "__main__":
    peer.serve(Trainer, about)
