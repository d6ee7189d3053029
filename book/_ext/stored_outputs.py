"""Render pages from the outputs stored in book/notebooks; execute nothing.

Before the build every stored notebook is put into the cache in which myst-nb looks outputs up. A
page whose code differs from its stored notebook's stops the build: it has to be executed first.
"""

from __future__ import annotations

import sys
from pathlib import Path

import myst_nb.core.execute.cache
import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))

from execute import notebook_of, pages, with_stored_outputs  # noqa: E402


def fill_cache(app: Sphinx) -> None:
    """Put the outputs of every page into the cache."""
    cache = get_cache(app.env.mystnb_config.execution_cache_path)
    for page in pages():
        notebook = with_stored_outputs(page)
        if notebook is None:
            raise ExtensionError(
                f"{page.relative_to(ROOT)}: its code is not that of its stored notebook; "
                "run 'make notebooks' first"
            )
        # Pages without code are put in as well: myst-nb would start a kernel for them otherwise.
        bundle = CacheBundleIn(nb=nbformat.from_dict(notebook), uri=str(page))
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def refuse_to_execute(notebook: nbformat.NotebookNode, cwd: str, **kwargs) -> None:
    """Stand in for myst-nb's execution, so that a page that is not in the cache stops the build."""
    raise ExtensionError(
        f"a page in {Path(cwd).relative_to(ROOT)} is not in the cache of stored outputs; "
        "building the book executes nothing: run 'make notebooks' first"
    )


def depend_on_notebook(app: Sphinx, docname: str, source: list[str]) -> None:
    """Render a page again when its stored outputs have changed."""
    page = Path(app.env.doc2path(docname))
    if page in pages():
        app.env.note_dependency(str(notebook_of(page)))


def setup(app: Sphinx) -> dict:
    myst_nb.core.execute.cache.single_nb_execution = refuse_to_execute
    app.connect("builder-inited", fill_cache, priority=900)  # after myst-nb has its settings
    app.connect("source-read", depend_on_notebook)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
