"""Open a page's notebook in Colab or Binder, shown only if the repository is on GitHub.

Both open files of a branch. The notebooks that run by themselves are not among the sources but
among the finished pages (see notebook_downloads), so the branch is the one that these are published
on: BOOK_PAGES_BRANCH, ``gh-pages`` if left out.
"""

from __future__ import annotations

import os
from pathlib import Path

from notebook_downloads import FOLDER, page_names
from repository_links import branch_named, group, repository
from sphinx.application import Sphinx
from sphinx.config import Config

from execute import LANDING, code_of, name_of, read_page

#: What Binder reads in the branch; whatever else a notebook needs its first cell installs.
BINDER = {"runtime.txt": "python-3.11\n", "requirements.txt": "numpy>=2\n"}


def published_branch() -> str:
    """Return the branch on which the finished pages are."""
    branch = os.environ.get("BOOK_PAGES_BRANCH") or "gh-pages"
    return branch_named("BOOK_PAGES_BRANCH", branch)


def links(name: str, branch: str, path: str) -> dict[str, str]:
    """Return the addresses that open a notebook of a repository on GitHub."""
    return {
        "Open in Colab": f"https://colab.research.google.com/github/{name}/blob/{branch}/{path}",
        "Open in Binder": "https://mybinder.org/v2/gh/"
        f"{name}/{branch.replace('/', '%2F')}?urlpath=lab/tree/{path}",
    }


def check(app: Sphinx, config: Config) -> None:
    """Stop before anything is rendered if the branch is none."""
    published_branch()


def add_buttons(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Add the menu to the header of a page that has code to run."""
    known = repository(app.config)
    page = page_names().get(pagename)
    if doctree is None or known is None or known.host != "github.com":
        return
    if page is None or page == LANDING or not code_of(read_page(page)):
        return
    path = f"{FOLDER}/{name_of(page).with_suffix('.ipynb').as_posix()}"
    services = links(known.name, published_branch(), path)
    menu = group("Run this page", "fas fa-rocket", "launch-buttons", services)
    context["header_buttons"].insert(0, menu)


def write_environment(app: Sphinx, exception: Exception | None) -> None:
    """Write what Binder reads, beside the notebooks."""
    known = repository(app.config)
    if exception is not None or app.builder.format != "html":
        return
    if known is not None and known.host == "github.com":
        folder = Path(app.outdir, "binder")
        folder.mkdir(exist_ok=True)
        for name, text in BINDER.items():
            (folder / name).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.connect("config-inited", check)
    app.connect("html-page-context", add_buttons, priority=650)  # after the theme's own buttons
    app.connect("build-finished", write_environment)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
