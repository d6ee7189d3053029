r"""The words on a program's buttons and menus, English and Chinese: a small real translation.

JupyterLab's interface, translated by its volunteers. The texts are read from the language
pack's own files and are not part of this library.
"""

from __future__ import annotations

import json
import re

from gatedrnn.data.packages import DataSource, PackageFile
from gatedrnn.data.pairs import Pairs
from gatedrnn.validation import check_positive_int

__all__ = ["interface_strings", "plain"]

REQUIREMENT = "jupyterlab-language-pack-zh-CN==4.5.post3"
_DIGESTS = {
    "jupyterlab": "1ba8c2bfe9042556386e3dda22afba5849d8fc1a2aa85d5c9eb2974b5c8412f4",
    "jupyterlab_git": "4a9ea7dae52b615d4c015a228c9ada48c887b2f00492a8d622076002fdf887f5",
    "jupyterlab_lsp": "a28d100c367a88e26652f8b87ebb0d75966ec8fb4a66b2de1444873e75d5480d",
    "notebook": "d6882bc0c72380e9668c985d6afe93040484660050d21a18293e15a32a97f53a",
}
FILES = tuple(
    PackageFile(
        package="jupyterlab_language_pack_zh_CN",
        path=f"locale/zh_CN/LC_MESSAGES/{name}.json",
        requirement=REQUIREMENT,
        sha256=digest,
    )
    for name, digest in _DIGESTS.items()
)
#: Stands in the files between a text's context, such as "menu", and the text.
CONTEXT_END = "\x04"
HAN = re.compile("[\u4e00-\u9fff]")


def plain(text: str) -> str:
    """Return a text's letters and digits alone, in lower case: what near-copies have in common.

    Examples
    --------
    >>> plain("Save As…") == plain("save as...")
    True
    """
    return re.sub(r"[\W_]+", "", text.lower())


def interface_strings(*, longest_source: int = 40, longest_target: int = 25) -> Pairs:
    """Return the texts of JupyterLab's interface with their Chinese translations.

    Left out are texts whose translation has no Chinese character (names, mostly), longer ones, and
    of those that differ in nothing but case, spaces and signs all but the first, whether they are
    translated alike or not.

    Parameters
    ----------
    longest_source, longest_target : int, optional
        In characters.

    Returns
    -------
    Pairs
        In the order of the files.

    Raises
    ------
    MissingPackageError
        If the language pack is not installed.
    DataFileError
        If it is another version.
    """
    check_positive_int("longest_source", longest_source)
    check_positive_int("longest_target", longest_target)
    found: dict[str, tuple[str, str]] = {}
    for file in FILES:
        for key, translations in json.loads(file.read()).items():
            source = key.rpartition(CONTEXT_END)[2].strip()
            if not source:  # the file's own header
                continue
            # A text with a plural has several; Chinese needs one.
            target = translations[0].strip()
            short = len(source) <= longest_source and len(target) <= longest_target
            if short and plain(source) and HAN.search(target):
                found.setdefault(plain(source), (source, target))
    sources, targets = zip(*found.values(), strict=True)
    return Pairs(sources, targets)


SOURCE = DataSource(
    name="interface strings",
    case="translation",
    requirement=REQUIREMENT,
    licence="BSD-3-Clause",
    source="volunteers of Project Jupyter",
    size="2,010 pairs, English and Chinese",
)
