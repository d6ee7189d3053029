r"""The commands ``gatedrnn study list | run NAME ... | report NAME ...``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from gatedrnn.study.report import report, write_report
from gatedrnn.study.results import load_results
from gatedrnn.study.runner import run_study
from gatedrnn.study.studies import STUDIES, find_study

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    commands = parser.add_subparsers(dest="study_command", required=True)
    commands.add_parser("list", help="list the studies of the book")
    run = commands.add_parser("run", help="run studies, or what is left of them")
    shown = commands.add_parser("report", help="print what studies found; write tables and figures")
    for command in (run, shown):
        command.add_argument(
            "names", nargs="*", metavar="NAME", help="a study of the book, or a file of TOML"
        )
        command.add_argument("--all", action="store_true", help="all studies of the book")
        command.add_argument(
            "--larger", action="store_true", help="their configuration for a larger machine"
        )
        command.add_argument(
            "--results", type=Path, default=Path("book/results"), metavar="DIR",
            help="where the summaries are; %(default)s",
        )  # fmt: skip
    run.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes; all cores")
    run.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="of a Dask scheduler, such as tcp://HOST:8786: run on its workers instead",
    )  # fmt: skip
    run.add_argument(
        "--runs", type=Path, default=Path("_build/study"), metavar="DIR",
        help="where single runs are stored as they end, so that a study can go on; %(default)s",
    )  # fmt: skip
    shown.add_argument(
        "--output", type=Path, metavar="DIR", help="also write tables (CSV) and figures (SVG) here"
    )


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say.

    Raises
    ------
    ValueError
        If neither names nor ``--all`` are given, or both, or a name is unknown.
    FileNotFoundError
        If a study to report has no results.
    """
    if options.study_command == "list":
        for study in STUDIES.values():
            print(f"{study.name:20} {study.question}")
        return
    if bool(options.names) == options.all:
        raise ValueError("names: expected the names of studies, or --all")
    studies = [find_study(name, larger=options.larger) for name in options.names or STUDIES]
    for study in studies:
        if options.study_command == "run":
            run_study(
                study,
                options.results,
                options.runs,
                jobs=options.jobs,
                scheduler=options.scheduler,
            )
        results = load_results(options.results / f"{study.name}.json")
        print(report(results), end="\n\n")
        if options.study_command == "report" and options.output is not None:
            for path in write_report(results, options.output):
                print(f"written: {path}")
