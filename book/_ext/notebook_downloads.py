"""Beside every page, a notebook that runs by itself, in the menu under the download button."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from author_year_labels import author_year
from pybtex.database import parse_file
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))

from execute import name_of, pages  # noqa: E402
from standalone import standalone, stored_pages  # noqa: E402

FOLDER = "_notebooks"
LABEL = "download-notebook-button"


def page_names() -> dict[str, Path]:
    """Return the sources of all pages that are notebooks, by Sphinx's name for them."""
    return {page.relative_to(ROOT).with_suffix("").as_posix(): page for page in pages()}


def offer(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the notebook into the menu, in the place of the source, which cannot be run."""
    if pagename not in page_names() or doctree is None:
        return
    address = f"{FOLDER}/{name_of(page_names()[pagename]).with_suffix('.ipynb').as_posix()}"
    for button in context["header_buttons"]:
        if button.get("label") == "download-buttons":
            button["buttons"][0] = {
                "type": "link",
                "url": context["pathto"](address, resource=True),
                "text": "Notebook",
                "tooltip": "Notebook that runs by itself",
                "icon": "fas fa-file-code",
                "label": LABEL,
            }


def ending(app: Sphinx, name: str) -> str:
    """Return what stands below a notebook: whose it is, where if that is known, the licences."""
    title = f"*{app.config.html_title or app.config.project}*"
    if app.config.html_baseurl:
        title = f"[{title}]({app.config.html_baseurl.rstrip('/')}/{name}.html)"
    licences = app.config.html_theme_options.get("extra_footer", "").strip()
    return f"A page of {title}, by {app.config.author}. {licences}"


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the notebooks, and let their links save them instead of showing them."""
    if exception is not None or app.builder.format != "html":
        return
    shown = f'target="_blank"\n   class="btn btn-sm btn-{LABEL}'
    for name in page_names():
        file = Path(app.outdir, f"{name}.html")
        text = file.read_text(encoding="utf-8")
        saving = text.replace(shown, shown.replace('target="_blank"', "download"))
        if saving != text:
            file.write_text(saving, encoding="utf-8")
    entries = parse_file(str(ROOT / "book" / "references.bib")).entries
    citations = {}
    for key, entry in entries.items():
        authors, _, year = author_year(entry).rpartition(", ")
        citations[key] = f"{authors} ({year})"
    known = stored_pages(citations)
    for name, page in page_names().items():
        target = Path(app.outdir, FOLDER, name_of(page).with_suffix(".ipynb"))
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(standalone(page, known, ending(app, name)), target)


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", offer, priority=700)  # after the theme's own buttons
    app.connect("build-finished", write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
