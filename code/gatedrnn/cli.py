r"""The command ``gatedrnn``.

An error is one line on standard error; the exit code is 2 where the input was at fault and 1 where
something else was.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import gatedrnn
from gatedrnn import doctor
from gatedrnn.optional import MissingPackageError

__all__ = ["main"]

COMMANDS = {
    "bench": "time our cells against other libraries'",
    "compare": "put RNN, LSTM and GRU on trial on your own data",
    "data": "list the data sets, with their sizes, licences and sources",
    "doctor": "show what is installed, and how to get what is missing",
    "study": "run and read the studies behind the book",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="gatedrnn", description=gatedrnn.__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=f"gatedrnn {gatedrnn.__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        modules = {}
        for name, text in COMMANDS.items():
            sub = subparsers.add_parser(name, help=text, description=text)
            if name in arguments[:1]:  # another command's packages need not be there
                modules[name] = _module(name)
                modules[name].add_arguments(sub)
        options = parser.parse_args(arguments)
        code = modules[options.command].run(options)
    except (FileNotFoundError, ValueError, TypeError) as error:
        return _fail(error, 2)
    except (MissingPackageError, OSError, RuntimeError) as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    return code or 0


def _module(name: str):
    """Return the module of a command: it has `add_arguments` and `run`."""
    if name == "bench":
        from gatedrnn.bench import command
    elif name == "compare":
        from gatedrnn.comparison import command
    elif name == "data":
        from gatedrnn.data import command
    elif name == "study":
        from gatedrnn.study import command
    else:
        return doctor
    return command


def _fail(error, code: int) -> int:
    print(f"error: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
