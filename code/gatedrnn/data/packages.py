"""Data files inside installed packages: found without importing the package, and checked."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from gatedrnn.optional import MissingPackageError

__all__ = ["DataFileError", "DataSource", "MissingPackageError", "PackageFile"]


class DataFileError(ValueError):
    """A data file that is not there, or is not the one the book was written with."""


@dataclass(frozen=True)
class DataSource:
    """Where a data set comes from, for the list that ``gatedrnn data`` prints.

    Attributes
    ----------
    name : str
        What it is, in a few words.
    case : str
        What it is used for.
    size : str
        How much there is, with the unit.
    requirement : str
        What to give to pip; empty if it is part of this library.
    licence : str
        Of the data, as far as it is stated.
    source : str
        Who made them.
    """

    name: str
    case: str
    size: str
    requirement: str
    licence: str
    source: str


@dataclass(frozen=True)
class PackageFile:
    """A file that another package brings along.

    The package is not imported: its code is of no concern here, and importing it may be slow or
    fail. Nothing is ever downloaded.

    Parameters
    ----------
    package : str
        Name under which the package is imported.
    path : str
        The file, relative to the package's folder, with forward slashes.
    requirement : str
        What to give to pip, version included: another version may hold other data.
    sha256 : str
        Hexadecimal digest of the file.
    """

    package: str
    path: str
    requirement: str
    sha256: str

    def locate(self) -> Path:
        """Return where the file is, unread.

        Raises
        ------
        MissingPackageError
            If the package is not installed; the message says how to install it.
        DataFileError
            If the package is installed but has no such file.
        """
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise MissingPackageError(
                f"the data of {self.package} are not installed; get them with: "
                f"pip install {self.requirement}"
            )
        folders = [Path(folder) for folder in spec.submodule_search_locations]
        for folder in folders:
            if (folder / self.path).is_file():
                return folder / self.path
        raise DataFileError(
            f"{self.package}: expected the file {self.path}, found none in {folders[0]}; "
            f"get the right version with: pip install --force-reinstall {self.requirement}"
        )

    def read(self) -> bytes:
        """Return the file's content, after comparing its hash.

        Raises
        ------
        MissingPackageError, DataFileError
            As `locate`, and DataFileError if the content differs from what the book used.
        """
        file = self.locate()
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.sha256:
            raise DataFileError(
                f"{self.package}: expected {self.path} with sha256 {self.sha256[:12]}…, got "
                f"{digest[:12]}… ({len(content)} bytes); get the right version with: "
                f"pip install --force-reinstall {self.requirement}"
            )
        return content
