"""The error raised where a framework is not installed."""

from __future__ import annotations

from gatedrnn.optional import MissingPackageError

__all__ = ["MissingFrameworkError"]


class MissingFrameworkError(MissingPackageError):
    """A framework is not installed; the message, one line, names it and says how to install it."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks for this before it prints a traceback: a reader without the framework sees
        # one line below the cell.
        return [f"{type(self).__name__}: {self}"]
