"""What a page says of itself to search engines: its first paragraph and the list that it opens."""

from __future__ import annotations

import html

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 160


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text that ends with a word and is not longer than search engines show."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def text_of(node: nodes.Node) -> str:
    """Return the text of a paragraph without its formulas' backslashes."""
    return node.astext().replace("\\", "")


def description(doctree: nodes.document) -> str:
    """Return the first paragraph, and after "After this page you can" what one can."""
    for paragraph in doctree.findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.section):
            continue
        parts = [text_of(paragraph)]
        following = paragraph.next_node(descend=False, siblings=True)
        if isinstance(following, nodes.bullet_list) and not parts[0].endswith("."):
            parts += [text_of(item) for item in following.children]
        return shortened(" ".join(parts))
    return ""


def describe(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the description into the page's head, and give OpenGraph the same."""
    if doctree is None or not (text := description(doctree)):
        return
    escaped = html.escape(text, quote=True)
    context["metatags"] += f'\n<meta name="description" content="{escaped}" />\n'
    context["meta"] = {**(context.get("meta") or {}), "og:description": escaped}


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", describe, priority=400)  # before sphinxext.opengraph
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
