"""Keep pages free of scripts that they do not use and of requests to other hosts."""

from __future__ import annotations

from sphinx.application import Sphinx

# Thebe would load its code from another host; the icons are drawn by the web font.
UNUSED = ("sphinx-thebe", "thebe", "scripts/fontawesome.js", "fontawesome")


def drop_unused(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Leave out the scripts that no page of this book needs."""
    context["script_files"] = [
        script
        for script in context["script_files"]
        if not any(name in str(getattr(script, "filename", script)) for name in UNUSED)
        and "THEBE" not in str(getattr(script, "attributes", {}).get("body", ""))
    ]


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", drop_unused, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
