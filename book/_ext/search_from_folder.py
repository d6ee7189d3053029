"""A search page without errors in a book that is opened from a folder.

Sphinx's search fetches each page that it found to quote from it. A browser refuses that to pages
that come from no server, so there the results stand without quotations.
"""

from __future__ import annotations

from sphinx.application import Sphinx

SCRIPT = 'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'


def quote_nothing(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Switch the quotations off where they cannot be fetched."""
    if pagename == "search":
        app.add_js_file(None, body=SCRIPT)


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", quote_nothing)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
