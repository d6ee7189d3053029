"""The page that a server shows for an address that is none: 404.html, with search and contents.

A server shows it for any address, ``/a/b/c.html`` as well, so its own relative links would lead
nowhere. They are taken from the root of the book instead, which a `base` element names. If the
site's address is known (see site_address) it is written there. If not, the page finds the root by
itself: it is what comes before the last of the book's own folders in the address; on GitHub's and
GitLab's hosts for pages, the first folder; else the top of the server. Without an address and
without scripts the links are right for what is missing at the top.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from sphinx.application import Sphinx

NAME = "404"
BODY = """<h1>This page is not in the book</h1>
<p>It may have moved, or its address has a slip in it. Search for it:</p>
<form action="search.html" method="get" role="search">
<input class="form-control" type="search" name="q" aria-label="Search the book">
<button class="btn btn-primary mt-2" type="submit">Search</button>
</form>
<p class="mt-4">Or go to one of its chapters:</p>
<ul>
{chapters}
</ul>"""
FIND_ROOT = """<script>
(() => {
  if (location.protocol === "file:") return;
  const path = location.pathname, folders = %s;
  const ends = folders.map(folder => path.lastIndexOf("/" + folder + "/"));
  const end = Math.max(...ends);
  const shared = /\\.(github|gitlab)\\.io$/.test(location.hostname);
  const first = path.match(/^\\/[^/]*\\//);
  const base = document.createElement("base");
  base.href = end >= 0 ? path.slice(0, end + 1) : shared && first ? first[0] : "/";
  document.head.prepend(base);
})();
</script>"""


def pages(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Yield the page, with a link to every chapter."""
    if app.builder.name != "html":
        return
    top = [app.config.root_doc, *app.env.toctree_includes.get(app.config.root_doc, [])]
    links = [
        f'<li><a href="{app.builder.get_target_uri(name)}">'
        f"{numbered(app, name)}{html.escape(app.env.titles[name].astext())}</a></li>"
        for name in top
    ]
    body = BODY.format(chapters="\n".join(links))
    yield NAME, {"title": "Not found", "body": body}, "page.html"


def numbered(app: Sphinx, name: str) -> str:
    """Return the number of a chapter, with what separates it from the title."""
    number = app.env.toc_secnumbers.get(name, {}).get("", ())
    return "".join(f"{part}." for part in number) + (" " if number else "")


def base(app: Sphinx) -> str:
    """Return what tells a browser where the book begins."""
    if app.config.html_baseurl:
        return f'<base href="{html.escape(urlsplit(app.config.html_baseurl).path or "/")}">'
    folders = {name.partition("/")[0] for name in app.env.all_docs if "/" in name}
    return FIND_ROOT % json.dumps(sorted(folders | {"_static", "_images", "_notebooks"}))


def point_at_root(app: Sphinx, exception: Exception | None) -> None:
    """Put the base before all links, and let links within the page stay within it."""
    page = Path(app.outdir, f"{NAME}.html")
    if exception is not None or not page.exists():
        return
    text = page.read_text(encoding="utf-8")
    if "<base " not in text and FIND_ROOT[:40] not in text:
        text = text.replace("<head>", f"<head>\n{base(app)}", 1)
        text = text.replace('href="#', f'href="{NAME}.html#')
        page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.connect("html-collect-pages", pages)
    app.connect("build-finished", point_at_root)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
