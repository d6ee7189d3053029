"""Keep pages free of scripts that they do not use and of requests to other hosts."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

# Thebe would load its code from another host.
UNUSED = ("thebe",)

# The theme's layout writes this tag itself. The script, half of a page's weight, draws the icons
# that the theme's style sheet has as a web font anyway.
ICON_SCRIPT = re.compile(r"\s*<script[^>]*/fontawesome\.js[^>]*></script>")


def drop_unused(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Leave out the scripts that no page of this book needs."""
    context["script_files"] = [
        script
        for script in context["script_files"]
        if not any(name in str(getattr(script, "filename", script)) for name in UNUSED)
        and "THEBE" not in str(getattr(script, "attributes", {}).get("body", ""))
    ]


def drop_icon_script(app: Sphinx, exception: Exception | None) -> None:
    """Take the script that draws icons out of the finished pages, and the file with it."""
    if exception is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        shorter = ICON_SCRIPT.sub("", text)
        if shorter != text:
            page.write_text(shorter, encoding="utf-8")
    for file in Path(app.outdir, "_static", "scripts").glob("fontawesome.js*"):
        file.unlink()


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", drop_icon_script)
    app.connect("html-page-context", drop_unused, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
