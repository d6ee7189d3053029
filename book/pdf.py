"""Print the whole book: _build/pdf/ gets one page of HTML and the PDF that Chromium makes of it.

The book is printed twice, for the numbers in the table of contents are known once it is printed.
Chromium is found as for the screenshot.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader
from screenshot import FLAGS, HTML, chromium
from tqdm import tqdm
from whole_book import ROOT, whole_book

FOLDER = ROOT / "_build" / "pdf"
#: The width of the text on A4 between the margins of print.css, in CSS pixels.
TEXT_WIDTH = round((210 - 2 * 17) / 25.4 * 96)

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
  link.querySelector(".book-number").textContent = numbers[link.hash.slice(1)] ?? "";
})"""


def first_sheets(pdf: Path, anchors: list[str]) -> dict[str, int]:
    """Return the sheet on which each of the named places stands."""
    reader = PdfReader(pdf)
    places = reader.named_destinations
    return {
        anchor: reader.get_destination_page_number(place) + 1
        for anchor in anchors
        if (place := places.get(anchor) or places.get(f"/{anchor}"))
    }


def print_to(page: Page, pdf: Path) -> None:
    """Print a page as it says itself, with bookmarks and the tags that screen readers go by."""
    page.pdf(path=pdf, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)


def main() -> int:
    if not (HTML / "book" / "index.html").exists():
        sys.exit("the pages are not built: run 'make book'")
    start = time.perf_counter()
    page_file, pdf = FOLDER / "book.html", FOLDER / "book.pdf"
    steps = tqdm(total=4, desc="one page")
    whole_book(page_file)
    steps.update()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": TEXT_WIDTH, "height": 1000})
        page.set_default_timeout(600_000)
        page.emulate_media(media="print", color_scheme="light")
        page.goto(page_file.as_uri())
        page.evaluate("document.fonts.ready.then(() => 0)")
        page.evaluate(SHRINK)
        steps.set_description("laid out")
        steps.update()
        print_to(page, pdf)
        steps.set_description("printed")
        steps.update()
        anchors = page.eval_on_selector_all(
            ".book-contents a", "links => links.map(link => link.hash.slice(1))"
        )
        page.evaluate(NUMBER, first_sheets(pdf, anchors))
        print_to(page, pdf)
        steps.set_description("numbered")
        steps.update()
        browser.close()
    steps.close()
    sheets = len(PdfReader(pdf).pages)
    megabytes = pdf.stat().st_size / 1e6
    taken = time.perf_counter() - start
    print(f"{pdf.relative_to(ROOT)}: {sheets} pages, {megabytes:.1f} MB, in {taken:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
