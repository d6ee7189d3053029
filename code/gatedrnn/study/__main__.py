r"""Run and read studies: ``python -m gatedrnn.study list | run NAME ... | report NAME ...``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gatedrnn.study.results import load_results, report
from gatedrnn.study.runner import run_study
from gatedrnn.study.studies import STUDIES, find_study


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m gatedrnn.study", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
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
    options = parser.parse_args(arguments)
    if options.command == "list":
        for study in STUDIES.values():
            print(f"{study.name:18} {study.question}")
        return 0
    if bool(options.names) == options.all:
        parser.error("expected the names of studies, or --all")
    try:
        studies = [find_study(name) for name in options.names or STUDIES]
        for study in studies:
            if options.command == "run":
                run_study(study, options.results, options.runs, jobs=options.jobs)
            print(report(load_results(options.results / f"{study.name}.json")), end="\n\n")
    except (FileNotFoundError, ImportError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
