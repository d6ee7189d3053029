"""Let scripts wait until the page is there, and leave out the search where nobody can search.

The theme puts Sphinx's whole search index into every page, for results that appear while one types.
Where that is switched off, the search page alone needs it.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

#: A script of its own file that stops the page. The settings are small, and others read them.
STOPPING = re.compile(
    r"<script(?![^>]*\b(?:defer|async|type)\b)(?=[^>]*\bsrc=)(?![^>]*options\.js)"
)
SEARCH = re.compile(
    r"\s*<script[^>]*/?(?:searchtools|language_data|searchindex)\.js[^>]*></script>"
)
OFF = "search_as_you_type = false"


def hurry(page: str, searches: bool) -> str:
    """Return a page whose scripts run once it has been read."""
    head, end, rest = page.partition("</head>")
    if OFF in head and not searches:
        head = SEARCH.sub("", head)
    return STOPPING.sub("<script defer", head) + end + rest


def hurry_all(app: Sphinx, exception: Exception | None) -> None:
    """Change all pages that were written."""
    if exception is not None or app.builder.name != "html":
        return
    for file in Path(app.outdir).rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        changed = hurry(text, searches=file.stem == "search")
        if changed != text:
            file.write_text(changed, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", hurry_all, priority=800)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
