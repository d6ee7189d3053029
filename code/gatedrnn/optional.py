"""Packages that parts of the library call and that need not be there."""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = ["MissingPackageError", "import_optional"]


class MissingPackageError(ImportError):
    """A package that is needed here is not installed; the message says how to install it."""


def import_optional(name: str, *, extra: str) -> ModuleType:
    """Import a module of another package, or say how to get it.

    Parameters
    ----------
    name : str
        The module, such as ``"safetensors.numpy"``.
    extra : str
        The extra of gatedrnn that installs it.

    Raises
    ------
    MissingPackageError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # The package is there, but lacks something itself.
        raise MissingPackageError(
            f"{package} is not installed; get it with: pip install 'gatedrnn[{extra}]'"
        ) from error
