"""All figures of the pages as files: a gallery, and one archive to download.

``{figure-gallery}`` is where the gallery stands. What a figure is, its number and its caption are
read from the finished pages, where they are what the reader sees. The archive holds the files
under names that begin with the figure's number, and a README with captions and descriptions; the
same pages give the same bytes.
"""

from __future__ import annotations

import html
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ARCHIVE = Path("_downloads", "figures.zip")
BEGIN, END = "<!-- figure gallery -->", "<!-- end of figure gallery -->"
GALLERY = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)
FIGURE = re.compile(r"<figure\b.*?</figure>", re.DOTALL)
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


class FigureGallery(SphinxDirective):
    """The directive."""

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", f"{BEGIN}{END}", format="html")]


@dataclass(frozen=True)
class Figure:
    """A numbered figure of a page."""

    label: str
    number: str  # "2.6"
    page: str  # the page's name, "chapters/02_lstm/advantages"
    file: Path
    alt: str
    caption: str  # HTML, without links
    text: str  # the caption in plain text, formulas in TeX

    @property
    def name(self) -> str:
        """Its file's name in the archive."""
        *chapter, last = self.number.split(".")
        number = ".".join([*chapter, f"{last:0>2}"])
        return f"figure-{number}-{self.label.removeprefix('fig-')}{self.file.suffix}"


def figures_of(page: str, text: str, folder: Path) -> Iterator[Figure]:
    """Yield the numbered figures of a finished page that lies in a folder."""
    for found in FIGURE.findall(text):
        figure = BeautifulSoup(found, "html.parser").figure
        image, number = figure.find("img"), figure.find(class_="caption-number")
        caption = figure.find(class_="caption-text")
        if not (figure.get("id") and image and number and caption):
            continue
        for anchor in caption.find_all("a"):
            anchor.unwrap()
        for marked in caption.find_all(id=True):
            del marked["id"]
        rich = caption.decode_contents().strip()
        for formula in caption.find_all(class_="katex"):
            formula.replace_with(f"${formula.find('annotation').get_text().strip()}$")
        yield Figure(
            label=figure["id"],
            number=re.search(r"[\d.]*\d", number.get_text())[0],
            page=page,
            file=Path(os.path.normpath(folder / image["src"])),
            alt=" ".join(image.get("alt", "").split()),
            caption=rich,
            text=" ".join(caption.get_text().split()),
        )


def all_figures(app: Sphinx) -> list[Figure]:
    """Return the figures of all pages, by number."""
    found = []
    for docname in app.env.found_docs:
        file = Path(app.builder.get_outfilename(docname))
        found += figures_of(docname, file.read_text(encoding="utf-8"), file.parent)
    return sorted(found, key=lambda one: [int(part) for part in one.number.split(".")])


def readme(figures: list[Figure], title: str, author: str) -> str:
    """Return what the archive says of itself."""
    lines = [
        f"# Figures of “{title}”",
        "",
        f"By {author}, under CC BY 4.0 ({LICENCE}): use and change them, and name their source.",
        "Each file's name begins with the figure's number in the book.",
    ]
    for one in figures:
        lines += ["", f"## {one.name}", "", one.text, "", f"Description: {one.alt}", ""]
        lines += [f"From the page {one.page}."]
    return "\n".join(lines) + "\n"


def write_archive(target: Path, figures: list[Figure], title: str, author: str) -> None:
    """Write the archive; nothing in it depends on when or where."""
    target.parent.mkdir(parents=True, exist_ok=True)
    contents = {"README.md": readme(figures, title, author).encode()}
    contents |= {one.name: one.file.read_bytes() for one in figures}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in contents.items():
            info = zipfile.ZipInfo(f"figures/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED, 9)


def size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def gallery(figures: list[Figure], outdir: Path, folder: Path) -> str:
    """Return the gallery's HTML for a page that lies in a folder."""

    def address(file: Path) -> str:
        return html.escape(Path(os.path.relpath(file, folder)).as_posix())

    packed = (outdir / ARCHIVE).stat().st_size
    items = []
    for one in figures:
        page = address(outdir / f"{one.page}.html") + f"#{one.label}"
        kind, weight = one.file.suffix[1:].upper(), size(one.file.stat().st_size)
        items.append(
            f'<li><img loading="lazy" alt="{html.escape(one.alt)}" src="{address(one.file)}">'
            f'<p><a class="reference internal" href="{page}">Fig. {one.number}</a> '
            f"{one.caption}</p>"
            f'<p><a class="reference download" href="{address(one.file)}" download="{one.name}">'
            f'{kind}, {weight}<span class="visually-hidden"> of Fig. {one.number}</span></a>'
            f"</p></li>"
        )
    return (
        f'<p><a class="reference download" href="{address(outdir / ARCHIVE)}" download>All '
        f"{len(figures)} figures in one file</a>: {ARCHIVE.name}, {size(packed)}.</p>\n"
        f'<ul class="figure-gallery">\n{chr(10).join(items)}\n</ul>'
    )


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the archive, and the gallery into the pages that ask for it."""
    if exception is not None or app.builder.format != "html":
        return
    figures, outdir = all_figures(app), Path(app.outdir)
    write_archive(outdir / ARCHIVE, figures, app.config.html_title, app.config.author)
    for docname in app.env.found_docs:
        file = Path(app.builder.get_outfilename(docname))
        text = file.read_text(encoding="utf-8")
        if GALLERY.search(text):
            content = f"{BEGIN}\n{gallery(figures, outdir, file.parent)}\n{END}"
            file.write_text(GALLERY.sub(lambda _, new=content: new, text), encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.add_directive("figure-gallery", FigureGallery)
    app.connect("build-finished", write, priority=400)  # before others go through what is written
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
