"""Data-parallel training of one model by several processes, one process per GPU.

    torchrun --nproc-per-node 4 run_all.py --task cifar10 --profile paper      (or: accelerate launch run_all.py ...)

Every process runs the same steps and holds the same weights. Each process takes its shard of every batch, the
gradients are summed to those of the full batch, and only the first process writes files and prints. Without a launcher
there is one process, and the functions of this module do nothing.

Batch normalisation sees the shard, not the full batch, so figures depend slightly on the number of processes.
"""

import os
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

WORLD_SIZE = int(os.environ.get("WORLD_SIZE", "1"))
RANK = int(os.environ.get("RANK", "0")) if WORLD_SIZE > 1 else 0


@cache
def init_process_group(device: str) -> None:
    """Connect to the other processes: with NCCL on GPUs, with Gloo on CPUs."""
    if WORLD_SIZE > 1:
        import torch
        from torch import distributed

        if device == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if device == "cuda" else "gloo")


def shard(index: "Tensor") -> tuple["Tensor", float]:
    """Return this process's shard of a batch and the shard's fraction of the batch.

    The fractions of all processes sum to 1, so the gradients of the shards' mean losses, each weighted by its fraction,
    sum to the gradient of the batch. A process without an example gets the first one with weight 0.
    """
    mine = index[RANK::WORLD_SIZE]
    return (mine, len(mine) / len(index)) if len(mine) else (index[:1], 0.0)


def sum_gradients(parameters: "Iterable[nn.Parameter]", weight: float) -> None:
    """Replace each gradient by the sum over all processes of ``weight`` times theirs."""
    if WORLD_SIZE == 1:
        return
    import torch
    from torch import distributed

    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    everything = torch.cat([gradient.flatten() for gradient in gradients]) * weight
    distributed.all_reduce(everything)
    totals = torch.split(everything, [gradient.numel() for gradient in gradients])
    for gradient, total in zip(gradients, totals, strict=True):
        gradient.copy_(total.view_as(gradient))


def all_reduce_sum(value: "Tensor") -> "Tensor":
    """Return the sum of a tensor over all processes."""
    if WORLD_SIZE > 1:
        from torch import distributed

        distributed.all_reduce(value)
    return value


def broadcast_state(model: "nn.Module") -> None:
    """Copy the weights and buffers of the first process to every process.

    Initial weights may differ, where processes drew from different random streams; the running means of batch
    normalisation differ between processes during training.
    """
    if WORLD_SIZE > 1:
        from torch import distributed

        for value in model.state_dict().values():
            contiguous = value.contiguous()  # what Gloo sends
            distributed.broadcast(contiguous, src=0)
            value.copy_(contiguous)


def barrier() -> None:
    """Wait until every process arrives here, so that all can read what the first process wrote."""
    if WORLD_SIZE > 1:
        from torch import distributed

        distributed.barrier()
