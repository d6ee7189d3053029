r"""The commands ``gatedrnn study list | run NAME ... | report NAME ...``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from gatedrnn.study.results import load_results, report
from gatedrnn.study.runner import run_study
from gatedrnn.study.studies import STUDIES, find_study

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    commands = parser.add_subparsers(dest="study_command", required=True)
    commands.add_parser("list", help="list the studies")
    run = commands.add_parser("run", help="run studies, or what is left of them")
    shown = commands.add_parser("report", help="print the results of studies")
    for command in (run, shown):
        command.add_argument("names", nargs="*", metavar="NAME")
        command.add_argument("--all", action="store_true", help="all studies")
        command.add_argument("--results", type=Path, default=Path("book/results"), metavar="DIR")
    run.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes; all cores")
    run.add_argument(
        "--runs", type=Path, default=Path("_build/study"), metavar="DIR",
        help="where single runs are stored, so that an interrupted study can go on",
    )  # fmt: skip


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
            print(f"{study.name:18} {study.question}")
        return
    if bool(options.names) == options.all:
        raise ValueError("names: expected the names of studies, or --all")
    for study in [find_study(name) for name in options.names or STUDIES]:
        if options.study_command == "run":
            run_study(study, options.results, options.runs, jobs=options.jobs)
        print(report(load_results(options.results / f"{study.name}.json")), end="\n\n")
