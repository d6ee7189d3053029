r"""The command ``gatedrnn bench``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from gatedrnn.bench.measure import run_bench
from gatedrnn.bench.opponents import OPPONENTS
from gatedrnn.bench.problems import CELLS, SIZES, Size
from gatedrnn.bench.report import summary_line, table

__all__ = ["add_arguments", "run"]

#: What ``--quick`` measures: whether everything works, not how fast it is.
QUICK = {"sizes": SIZES[:1], "rounds": 3, "threads": [1]}


def size(text: str) -> Size:
    """Read a size as T,N,D,H."""
    try:
        numbers = Size(*(int(part) for part in text.split(",")))
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(
            f"expected T,N,D,H such as 35,32,28,32, got {text}"
        ) from None
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"expected positive numbers, got {text}")
    return numbers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    add = parser.add_argument
    add("--threads", type=int, nargs="+", default=[1, 2], metavar="N")
    add("--cells", nargs="+", default=list(CELLS), metavar="CELL")
    add("--sizes", type=size, nargs="+", default=list(SIZES), metavar="T,N,D,H")
    add("--opponents", nargs="+", default=list(OPPONENTS), metavar="NAME")
    add("--rounds", type=int, default=15, metavar="N")
    add("--together", action="store_true", help="all opponents in one process")
    add("--quick", action="store_true", help="one small size, three rounds: a check, no benchmark")
    add("--output", type=Path, metavar="FILE", help="write the figures as JSON")


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    names = ("threads", "cells", "sizes", "opponents", "rounds", "together")
    settings = {name: getattr(options, name) for name in names}
    if options.quick:
        settings |= QUICK
    if options.output is not None and not options.output.parent.is_dir():
        raise ValueError(f"output: expected a folder at {options.output.parent}, found none")
    results = run_bench(**settings)
    if options.output is not None:
        options.output.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results))
    if options.quick:
        print("quick: too few rounds to compare anything")
    print(summary_line(results))
