"""Buttons that need the repository's address, shown only if it is known.

The address comes from the environment variable BOOK_REPOSITORY, such as
``https://github.com/OWNER/NAME``; BOOK_BRANCH names the branch, ``main`` if left out.
"""

from __future__ import annotations

import os
from urllib.parse import quote, urlsplit

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def add_buttons(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Add a group of links to a page's header."""
    address = os.environ.get("BOOK_REPOSITORY", "").rstrip("/")
    if not address or doctree is None:
        return
    parts = urlsplit(address)
    name = parts.path.strip("/").removesuffix(".git")
    if parts.scheme != "https" or name.count("/") != 1:
        raise ExtensionError(f"BOOK_REPOSITORY: expected https://HOST/OWNER/NAME, got {address!r}")
    branch = os.environ.get("BOOK_BRANCH", "main")
    links = {
        "Edit this page": f"{address}/edit/{branch}/{pagename}.md",
        "Raise an issue": f"{address}/issues/new?title={quote(pagename)}",
        "Repository": address,
    }
    context["header_buttons"].append(
        {
            "type": "group",
            "tooltip": "Source of this page",
            "icon": "fas fa-code-branch",
            "label": "repository-links",
            "buttons": [
                {"type": "link", "url": url, "text": text, "icon": "", "tooltip": text}
                for text, url in links.items()
            ],
        }
    )


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", add_buttons, priority=600)  # after the theme's own buttons
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
