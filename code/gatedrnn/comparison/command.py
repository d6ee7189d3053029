r"""The command ``gatedrnn compare FILE``.

Exit codes: 0, the report is written; 2, the data or the arguments were at fault; 130, Ctrl-C, with
the report of what was measured until then. A second Ctrl-C ends at once, without a report.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gatedrnn.comparison.comparison import Comparison, run_comparison
from gatedrnn.comparison.gaps import FILLS
from gatedrnn.comparison.problem import Problem

__all__ = ["add_arguments", "run"]

INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help=".csv, .tsv or .parquet; .txt for a text")
    add("--target", metavar="COLUMN", help="column to forecast, or of labels")
    add("--text", metavar="COLUMN", help="column of texts; found by itself")
    add("--time", metavar="COLUMN", help="column of times; found by itself")
    add("--horizon", type=int, default=1, metavar="N", help="steps to forecast (1)")
    add("--context", type=int, metavar="N", help="steps that a model looks back on")
    add("--fill", choices=FILLS, help="what to do about missing rows or numbers of a series")
    add("--utc", action="store_true", help="bring times of several zones to UTC")
    add("--encoding", default="utf-8", metavar="NAME", help="of a text or CSV file (utf-8)")
    add("--minutes", type=float, default=5, metavar="M", help="time that everything takes (5)")
    add("--seeds", type=int, default=10, metavar="N", help="models of each cell, at most (10)")
    add("--epochs", type=int, metavar="N", help="the most that a model is trained for")
    add("--parameters", type=int, metavar="N", help="of each cell, about")
    add("--at-most", type=int, metavar="N", help="rows, texts or characters to use")
    add("--output", type=Path, metavar="FILE", help="the report; FILE's name with -compare.html")


def run(options: argparse.Namespace) -> int:
    """Do what the arguments say; return the exit code.

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        If the data or the arguments will not do.
    OSError
        If the report cannot be written.
    """
    output = options.output or Path(f"{options.file.stem}-compare.html")
    if not output.parent.is_dir():
        raise ValueError(f"output: expected a folder at {output.parent}, found none")
    if output.is_dir():
        raise ValueError(f"output: expected a file, got the folder {output}")
    settings = {
        name: value
        for name, value in vars(options).items()
        if name not in ("command", "file", "output") and value != _default(name)
    }
    found = run_comparison(options.file, when_read=_print_facts, **settings)
    _print_scores(found)
    found.save(output)
    print(f"report: {output}")
    if found.outcome.ended == "interrupted":
        print("interrupted: the report has what was measured until then", file=sys.stderr)
        return INTERRUPTED
    return 0


def _default(name: str):
    """Return what an argument is if it was not given; such need not stand in the report's code."""
    return {"horizon": 1, "encoding": "utf-8"}.get(name)


def _print_facts(problem: Problem) -> None:
    for name, said in problem.facts:
        print(f"{name + ':':14} {said}")
    print(flush=True)


def _print_scores(found: Comparison) -> None:
    table = found.table()
    shown = table[[found.problem.score_name]].map("{:.4g}".format)
    ends = table[["low", "high"]].map("{:.4g}".format).agg(" to ".join, axis=1)
    shown["95 % interval"] = ends.where(table["low"].notna(), "")
    for column in ("seeds", "parameters", "learning rate", "seconds per epoch"):
        shown[column] = [
            "" if value is None or value != value else f"{value:.3g}"
            if isinstance(value, float) else f"{value:,}"
            for value in table[column].astype(object).where(table[column].notna(), None)
        ]  # fmt: skip
    print(shown.to_string())
    print()
    print("\n".join(found.judgement.sentences))
