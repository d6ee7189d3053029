"""Print the whole book: _build/pdf/ gets one page of HTML and the PDF that Chromium makes of it.

The book is printed twice: the numbers in the table of contents are known once it is printed.
Chromium is found as for the screenshot.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pikepdf
import yaml
from playwright.sync_api import Page, sync_playwright
from tqdm import tqdm

from screenshot import FLAGS, HTML, chromium
from whole_book import ROOT, whole_book

FOLDER = ROOT / "_build" / "pdf"
#: The width of the text on A4 between the margins of print.css, in CSS pixels.
TEXT_WIDTH = round((210 - 2 * 17) / 25.4 * 96)
MINUTES = 10  # for one printing, on a slow machine
BAR = "{desc}: {bar} {n}/{total} steps, {elapsed}"

# A formula or table that is wider than the sheet is made as much smaller as it has to be.
SHRINK = """() => {
  let shrunk = 0;
  for (const box of document.querySelectorAll(
    ".katex-display, .pst-scrollable-table-container, .output > table, svg")) {
    const inner = box.querySelector(":scope > .katex, :scope > table") || box;
    const wide = inner.scrollWidth, room = box.parentElement.clientWidth;
    if (wide > room + 1) {
      const size = parseFloat(getComputedStyle(inner).fontSize);
      inner.style.fontSize = Math.max(0.6, room / wide) * size + "px";
      shrunk += 1;
    }
  }
  return shrunk;
}"""
NUMBER = """numbers => document.querySelectorAll(".book-contents a").forEach(link => {
  link.querySelector(".book-number").textContent = numbers[link.hash.slice(1)];
})"""
# All fonts are there before the first sheet is laid out, or the second printing would differ.
LOAD_FONTS = "Promise.all([...document.fonts].map(font => font.load())).then(() => 0)"


def first_sheets(pdf: Path, anchors: list[str]) -> dict[str, int]:
    """Return the sheet on which each of the named places stands."""
    with pikepdf.open(pdf) as file:
        sheets = {page.objgen: number for number, page in enumerate(file.pages, 1)}
        places = file.Root.Dests
        return {anchor: sheets[places[f"/{anchor}"][0].objgen] for anchor in anchors}


def finish(pdf: Path) -> int:
    """Say whose book it is, pack the file, and return how many sheets it has."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    with pikepdf.open(pdf, allow_overwriting_input=True) as file:
        with file.open_metadata() as metadata:
            metadata["dc:title"] = settings["title"]
            metadata["dc:creator"] = [settings["author"]]
        file.save(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return len(file.pages)


def print_book(page: Page, pdf: Path) -> None:
    """Print a page as it says itself, with bookmarks and the tags that screen readers go by."""
    page.pdf(path=pdf, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)


def print_numbered(page: Page, pdf: Path, progress: tqdm) -> None:
    """Print until the numbers in the table of contents are those of the sheets."""
    anchors = page.eval_on_selector_all(
        ".book-contents a", "links => links.map(link => link.hash.slice(1))"
    )
    shown: dict[str, int] = {}
    while True:
        print_book(page, pdf)
        progress.update()
        numbers = first_sheets(pdf, anchors)
        if numbers == shown:
            return
        page.evaluate(NUMBER, numbers)
        shown = numbers


def main() -> int:
    if not (HTML / "book" / "index.html").exists():
        sys.exit("the pages are not built: run 'make book'")
    start = time.perf_counter()
    page_file, pdf = FOLDER / "book.html", FOLDER / "book.pdf"
    with tqdm(total=4, desc="printing the book", bar_format=BAR) as progress:
        whole_book(page_file)
        progress.update()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_page(viewport={"width": TEXT_WIDTH, "height": 1000})
            page.set_default_timeout(1_000 * MINUTES * 60)
            page.emulate_media(media="print", color_scheme="light")
            page.goto(page_file.as_uri())
            page.evaluate(LOAD_FONTS)
            page.evaluate(SHRINK)
            print_numbered(page, pdf, progress)
            browser.close()
        sheets = finish(pdf)
        progress.update()
    megabytes = pdf.stat().st_size / 1e6
    taken = time.perf_counter() - start
    print(f"{pdf.relative_to(ROOT)}: {sheets} pages, {megabytes:.1f} MB, in {taken:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
