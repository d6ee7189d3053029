"""Join the style sheets of the pages, a dozen, into one: a browser shows nothing before it has all.

Rules for icons that no page shows are left out; they are a third of its weight. Sphinx writes only
the pages that changed, so the sheet says at its top what it was joined from.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from pathlib import Path

from sphinx.application import Sphinx

NAME = "_static/all.css"
#: A style sheet for screens in a page's head; one for print does not keep a browser waiting.
LINK = re.compile(
    r'[ \t]*<link(?=[^>]*\brel="stylesheet")(?![^>]*media=)[^>]*\bhref="([^"]+)"[^>]*>\n?'
)
IMPORT = re.compile(r'@import\s+(?:url\()?"([^"]+)"\)?\s*;')
URL = re.compile(r"url\((?P<quote>[\"']?)(?!data:|#|[a-z]+:)(?P<path>[^)\"']+)(?P=quote)\)")
ICON = re.compile(r'(?:\.fa-[a-z0-9-]+:{1,2}before,?)+\{content:"[^"]*"\}')
NAME_OF_ICON = re.compile(r"\bfa-[a-z0-9-]+")


def style_of(static: Path, sheet: str) -> str:
    """Return a style sheet with what it imports, its addresses relative to the joined one."""
    text = (static / sheet).read_text(encoding="utf-8").replace('@charset "UTF-8";', "")
    folder = posixpath.dirname(sheet)

    def from_static(path: str) -> str:
        return posixpath.normpath(posixpath.join(folder, path))

    parts = IMPORT.split(text)  # rules, what is imported, rules, what is imported, ...
    for at, part in enumerate(parts):
        if at % 2:
            parts[at] = style_of(static, from_static(part))
        else:
            parts[at] = URL.sub(lambda found: f'url("{from_static(found["path"])}")', part)
    return "".join(parts)


def shown_icons(outdir: Path) -> set[str]:
    """Return the names of all icons in the pages, and in scripts that may put some there."""
    files = [*outdir.rglob("*.html"), *outdir.glob("_static/**/*.js")]
    return {name for file in files for name in NAME_OF_ICON.findall(file.read_text("utf-8"))}


def without_unused(text: str, icons: set[str]) -> str:
    """Return rules without those for icons that are not among the given ones."""

    def kept(rule: re.Match) -> str:
        return rule[0] if icons & set(NAME_OF_ICON.findall(rule[0])) else ""

    return ICON.sub(kept, text)


def sheets_of(head: str) -> list[str]:
    """Return the style sheets in a page's head, named from the folder of static files."""
    return [href.split("?")[0].rpartition("_static/")[2] for href in LINK.findall(head)]


def join(app: Sphinx, exception: Exception | None) -> None:
    """Write the joined sheet, and let the pages that were written load it alone."""
    if exception is not None or app.builder.name != "html":
        return
    outdir = Path(app.outdir)
    target = outdir / NAME
    heads = {}
    for page in outdir.rglob("*.html"):
        head, end, rest = page.read_text(encoding="utf-8").partition("</head>")
        heads[page] = (head, end + rest)
    joined = [posixpath.basename(NAME)]
    lists = [sheets for head, _ in heads.values() if (sheets := sheets_of(head)) != joined]
    lists = [sheets for sheets in lists if sheets]
    if lists:
        sheets = max(lists, key=len)
    else:
        sheets = target.read_text(encoding="utf-8").splitlines()[0][3:-3].split()
    text = "\n".join(style_of(outdir / "_static", sheet) for sheet in sheets)
    text = without_unused(text, shown_icons(outdir))
    target.write_text(f"/* {' '.join(sheets)} */\n{text}", encoding="utf-8")
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    for page, (head, rest) in heads.items():
        if sheets_of(head) != sheets:
            continue
        up = LINK.search(head)[1].rpartition("_static/")[0]
        link = f'    <link rel="stylesheet" href="{up}{NAME}?v={version}" />\n'
        first = LINK.search(head).start()
        head = head[:first] + link + LINK.sub("", head[first:])
        page.write_text(head + rest, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", join, priority=900)  # after all that changes pages
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
