r"""The studies of the book, from the folder ``configurations``."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from gatedrnn.study.configuration import read_study
from gatedrnn.study.design import Study

__all__ = ["STUDIES", "find_study"]

FOLDER = Path(str(resources.files("gatedrnn.study") / "configurations"))


@cache
def _read(path: Path, larger: bool) -> Study:
    return read_study(path, larger=larger)


#: The studies of the book by name.
STUDIES: dict[str, Study] = {
    path.stem: _read(path, False) for path in sorted(FOLDER.glob("*.toml"))
}


def find_study(name: str, *, larger: bool = False) -> Study:
    """Return the study of a name, or of a TOML file.

    Parameters
    ----------
    name : str
        Of a study of the book, or a path that ends in ``.toml``.
    larger : bool, optional
        The configuration for a larger machine.

    Raises
    ------
    ValueError, FileNotFoundError
        If there is none, or its file is wrong.
    """
    if name.endswith(".toml"):
        return read_study(name, larger=larger)
    if name not in STUDIES:
        raise ValueError(
            f"name: expected one of {sorted(STUDIES)}, or a file that ends in .toml, got {name!r}"
        )
    return _read(FOLDER / f"{name}.toml", larger)
