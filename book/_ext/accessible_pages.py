"""Mend, in the finished pages, what keeps some readers out: the theme's and extensions' faults.

Each repair names what it repairs; tests/book/test_browser.py finds what is left, with axe.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from sphinx.application import Sphinx

#: What is replaced in every page, and by what.
REPAIRS = (
    # A second heading of the first level, for print alone, before that of the page.
    (
        re.compile(r'(<div id="jb-print-docs-body"[^>]*>\s*)<h1>(.*?)</h1>', re.DOTALL),
        r'\1<p class="print-title">\2</p>',
    ),
    # The arrow that opens a chapter in the sidebar has no name.
    (
        re.compile(r"<summary>(?=<span class=\"toctree-toggle)"),
        '<summary aria-label="Pages of this chapter">',
    ),
    # Roles that are deprecated, in a list that holds more than entries.
    (re.compile(r' role="doc-biblioentry"|(?<=<div) role="list"(?= class="citation-list")'), ""),
    # A cell that is folded away has a name that is not what stands on it.
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # The name of the search button is not what stands on it.
    (
        re.compile(r'(<button class="btn search-button-field[^>]*?) title="\w+" aria-label="\w+"'),
        r"\1",
    ),
)
#: Ids that sphinx-exercise gives to every exercise of a page alike.
REPEATED = re.compile(r'id="((?:exercise|solution)-content)"')
#: The theme and an extension tell the console what they do.
TALK = re.compile(r"console\.log\(\s*(?:`[^`]*`|\"[^\"]*\")\s*\)")


def mend(page: str) -> str:
    """Return the text of a page with the repairs made."""
    for pattern, replacement in REPAIRS:
        page = pattern.sub(replacement, page)
    page = TALK.sub("void 0", page)
    count = itertools.count(1)
    return REPEATED.sub(lambda found: f'id="{found[1]}-{next(count)}"', page)


def mend_all(app: Sphinx, exception: Exception | None) -> None:
    """Mend all pages that were written, and silence the theme's scripts."""
    if exception is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        mended = mend(text)
        if mended != text:
            page.write_text(mended, encoding="utf-8")
    for script in Path(app.outdir, "_static").rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        silent = TALK.sub("void 0", text)
        if silent != text:
            script.write_text(silent, encoding="utf-8")


def name_theme_mode(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Light or dark as the reader's system says; without a word the theme warns of an empty one."""
    context["default_mode"] = "auto"


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", name_theme_mode)
    app.connect("build-finished", mend_all)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
