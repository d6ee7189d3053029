"""Buttons that need the repository's address, shown only if it is known.

The address is `repository: url` in _config.yml or the environment variable BOOK_REPOSITORY, such as
``https://github.com/OWNER/NAME``; the branch is `repository: branch` or BOOK_BRANCH, ``main`` if
left out. What the environment says counts.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

#: What may stand in the name of an owner, a repository or, with slashes, a branch.
NAME = re.compile(r"[\w.-]+")
BRANCH = re.compile(r"[\w.-]+(?:/[\w.-]+)*")


@dataclass(frozen=True)
class Repository:
    """Where the sources are."""

    host: str
    name: str  # OWNER/NAME
    branch: str

    @property
    def address(self) -> str:
        return f"https://{self.host}/{self.name}"


def branch_named(setting: str, branch: str) -> str:
    """Return the name of a branch if it can be one."""
    if not BRANCH.fullmatch(branch):
        raise ExtensionError(f"{setting}: expected the name of a branch, got {branch!r}")
    return branch


def repository(config: Config) -> Repository | None:
    """Return the repository that the settings name, or None."""
    theme = config.html_theme_options
    address = os.environ.get("BOOK_REPOSITORY") or theme.get("repository_url") or ""
    if not address:
        return None
    parts = urlsplit(address.rstrip("/"))
    name = parts.path.strip("/").removesuffix(".git")
    owner_and_name = name.split("/")
    if (
        parts.scheme != "https"
        or not parts.netloc
        or parts.query
        or parts.fragment
        or len(owner_and_name) != 2
        or not all(map(NAME.fullmatch, owner_and_name))
    ):
        raise ExtensionError(f"BOOK_REPOSITORY: expected https://HOST/OWNER/NAME, got {address!r}")
    branch = os.environ.get("BOOK_BRANCH") or theme.get("repository_branch") or "main"
    return Repository(parts.netloc, name, branch_named("BOOK_BRANCH", branch))


def check(app: Sphinx, config: Config) -> None:
    """Stop before anything is rendered if the address is none."""
    repository(config)


def group(tooltip: str, icon: str, label: str, links: dict[str, str]) -> dict:
    """Return a menu of links for a page's header, as the theme wants it."""
    buttons = [
        {"type": "link", "url": url, "text": text, "icon": "", "tooltip": text}
        for text, url in links.items()
    ]
    return {"type": "group", "tooltip": tooltip, "icon": icon, "label": label, "buttons": buttons}


def add_buttons(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Add a group of links to a page's header."""
    known = repository(app.config)
    if known is None or doctree is None:
        return
    source = app.env.doc2path(pagename, base=False)
    links = {
        "Edit this page": f"{known.address}/edit/{known.branch}/{quote(str(source))}",
        "Raise an issue": f"{known.address}/issues/new?title={quote(pagename, safe='')}",
        "Repository": known.address,
    }
    menu = group("Source of this page", "fas fa-code-branch", "repository-links", links)
    context["header_buttons"].append(menu)


def setup(app: Sphinx) -> dict:
    app.connect("config-inited", check)
    app.connect("html-page-context", add_buttons, priority=600)  # after the theme's own buttons
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
