r"""The data sets of the library, in one list."""

from __future__ import annotations

import importlib
import pkgutil
from importlib import metadata

from gatedrnn.data.packages import DataSource

__all__ = ["catalogue", "is_installed"]


def catalogue() -> list[DataSource]:
    """Return what every module of `gatedrnn.data` that reads or makes a data set says of it.

    A module says it in its ``SOURCE``; so a new one is in the list by being there.
    """
    package = importlib.import_module("gatedrnn.data")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = (importlib.import_module(f"gatedrnn.data.{name}") for name in names)
    sources = (getattr(module, "SOURCE", ()) for module in modules)
    return [
        source
        for one in sources
        for source in (one if isinstance(one, tuple) else (one,))  # some read more than one
    ]


def is_installed(requirement: str) -> bool:
    """Return whether a package is there in the version that the library reads.

    Parameters
    ----------
    requirement : str
        As for pip, such as ``"vega_datasets==0.9.0"``; an empty one needs nothing.
    """
    if not requirement:
        return True
    name, _, version = requirement.partition("==")
    try:
        return metadata.version(name) == version
    except metadata.PackageNotFoundError:
        return False
