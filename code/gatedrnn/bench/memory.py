r"""The most memory that a training step holds at once: ours, and PyTorch's."""

from __future__ import annotations

import tracemalloc

from gatedrnn.bench.opponents import OPPONENTS
from gatedrnn.bench.problems import Problem

__all__ = ["our_peak", "pytorch_peak"]


def our_peak(problem: Problem) -> int:
    """Return the bytes that NumPy holds at most in a training step of ours.

    The problem's own arrays are there before and do not count, nor do the gradient and the output
    of the last step: the output of this one does, for PyTorch's counts too.
    """
    tracemalloc.start()
    OPPONENTS["gatedrnn"](problem).train()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def pytorch_peak(problem: Problem) -> int:
    """Return the bytes that PyTorch's allocator has handed out at most in a training step.

    Counted by PyTorch's profiler, from the call of the layer to the end of backward: output, what
    autograd keeps, oneDNN's workspace and the gradients. What a library takes from the system
    without asking PyTorch does not count.
    """
    from torch.profiler import ProfilerActivity, profile

    train = OPPONENTS["PyTorch"](problem).train
    train()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        train()
    held = peak = 0
    events = (one for one in profiled.profiler.kineto_results.events() if one.name() == "[memory]")
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak
