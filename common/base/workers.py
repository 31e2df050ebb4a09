"""Several processes that train one model together, one a GPU.

    torchrun --nproc-per-node 4 run_all.py --task cifar10 --profile paper      (or: accelerate launch run_all.py ...)

Every process goes through the same steps and holds the same weights. Each takes its share of every batch, the
gradients are summed to those of the whole batch, and the first process alone writes files and speaks. A process that
was started without a launcher is the first of one, and nothing here does anything.

Batch normalisation sees the share, not the batch, so figures depend a little on the number of processes.
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
    """Meet the other processes: through NCCL where each has a GPU, through Gloo on CPUs."""
    if WORLD_SIZE > 1:
        import torch
        from torch import distributed

        if device == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if device == "cuda" else "gloo")


def shard(index: "Tensor") -> tuple["Tensor", float]:
    """Return this process's part of a batch and what share of the batch it is; an empty part is one example of none.

    The shares of all processes add up to 1, so gradients of mean losses, each times its share, add up to the batch's.
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
    """Give every process the first one's weights and buffers.

    Weights may begin unlike, where a process drew from its own stream before; running means of batch normalisation
    are each process's own in training.
    """
    if WORLD_SIZE > 1:
        from torch import distributed

        for value in model.state_dict().values():
            contiguous = value.contiguous()  # what Gloo sends
            distributed.broadcast(contiguous, src=0)
            value.copy_(contiguous)


def barrier() -> None:
    """Wait until every process is here, so that what the first wrote can be read by all."""
    if WORLD_SIZE > 1:
        from torch import distributed

        distributed.barrier()
