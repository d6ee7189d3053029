"""Say in the page how large its pictures are, so that the text does not jump when they come.

Those after the first are fetched when they come near the window.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from PIL import Image
from sphinx.application import Sphinx

IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="([^"?]+)')
#: A side of an SVG file as its first element has it.
SIDE = r'<svg\b[^>]*?\s{}="([\d.]+)(pt|px)?"'
PIXELS = {"pt": 96 / 72, "px": 1.0, None: 1.0}


@cache
def size_of(file: Path) -> tuple[int, int] | None:
    """Return width and height of a picture in pixels, or None if it does not say."""
    if file.suffix != ".svg":
        with Image.open(file) as image:
            return image.size
    text = file.read_text(encoding="utf-8")
    sides = [re.search(SIDE.format(side), text) for side in ("width", "height")]
    if not all(sides):
        return None
    width, height = (round(float(side[1]) * PIXELS[side[2]]) for side in sides)
    return width, height


def with_sizes(page: str, folder: Path) -> str:
    """Return a page whose pictures have a size."""
    start, opening, rest = page.partition("<article")
    count = 0

    def sized(image: re.Match) -> str:
        nonlocal count
        count += 1
        tag, source = image[0], SOURCE.search(image[0])
        if count > 1 and 'loading="' not in tag:
            tag = tag.replace("<img", '<img loading="lazy"', 1)
        file = folder / source[1] if source else folder
        if ' width="' not in tag and file.is_file() and (size := size_of(file.resolve())):
            tag = tag.replace("<img", f'<img width="{size[0]}" height="{size[1]}"', 1)
        return tag

    return start + opening + IMAGE.sub(sized, rest)


def size_all(app: Sphinx, exception: Exception | None) -> None:
    """Change all pages that were written."""
    if exception is not None or app.builder.name != "html":
        return
    for file in Path(app.outdir).rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        changed = with_sizes(text, file.parent)
        if changed != text:
            file.write_text(changed, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.connect("build-finished", size_all, priority=800)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
