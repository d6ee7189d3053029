r"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: str | os.PathLike, content: bytes) -> None:
    """Write a file in one piece: whenever the process or the machine stops, the old one is left.

    The content goes to a hidden file beside the target, to the disk, and takes the target's place
    by a rename, which is one operation. A process that is killed in between leaves the hidden
    file; the next call overwrites it.

    Raises
    ------
    OSError
        If the file cannot be written, with the old one as it was.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(
                error.errno, f"could not be written, what was there before is intact "
                f"({error.strerror})", str(path)
            ) from error  # fmt: skip
        raise
    if os.name == "posix":  # the rename, too, shall survive a power cut
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
