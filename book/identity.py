"""Draw what stands for the book elsewhere: its icon, and the card that a shared link shows.

The icon is a gate as the diagrams draw it: the line of the state passes a product, and what decides
how much of it passes comes from below. The card is a title beside a figure that the landing page's
stored notebook holds. Chromium turns both into pixels; it is found as for the screenshot.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path

import nbformat
import yaml
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from execute import LANDING, notebook_of
from gatedrnn.plotting import GATE_COLOURS
from screenshot import FLAGS, ROOT, chromium

ASSETS = ROOT / "book" / "assets"
CARD = (1200, 630)
BLUE, ORANGE = GATE_COLOURS["o"], GATE_COLOURS["g"]

ICON = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect width="64" height="64" rx="13" fill="#12304a"/>
<path d="M4 25h56" stroke="#fff" stroke-width="6"/>
<path d="M32 60V25" stroke="{ORANGE}" stroke-width="6"/>
<circle cx="32" cy="25" r="15.5" fill="{BLUE}" stroke="#fff" stroke-width="4"/>
<path d="m26 19 12 12m0-12-12 12" stroke="#fff" stroke-width="4.5" stroke-linecap="round"/>
</svg>
"""
CARD_PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>
body {{ margin: 0; width: {width}px; height: {height}px; display: grid; background: white;
  grid-template-columns: 440px 1fr; font: 30px/1.35 sans-serif; color: #12304a; }}
.words {{ background: #12304a; color: white; padding: 56px 44px; display: flex;
  flex-direction: column; }}
h1 {{ font-size: 84px; line-height: 1; margin: 36px 0 24px; }}
p {{ margin: 0; }}
.figure {{ display: grid; place-items: center; padding: 40px; }}
.figure img {{ max-width: 100%; max-height: 100%; width: 680px; }}
</style>
<div class="words"><img src="{icon}" width="104" height="104"><h1>{title}</h1><p>{words}</p></div>
<div class="figure"><img src="{figure}"></div>"""


def data_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def landing_page() -> tuple[str, str]:
    """Return the first sentence and the first figure of the landing page."""
    notebook = nbformat.read(notebook_of(LANDING), as_version=4)
    words = notebook.cells[0].source.split("**")[1]
    figures = [
        output.data["image/svg+xml"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]
    return words.partition(":")[0], figures[0]


def pixels(browser: Browser, size: tuple[int, int], page: str, to: Path | None = None) -> bytes:
    """Return a picture of a page of HTML."""
    window = browser.new_page(viewport={"width": size[0], "height": size[1]})
    window.set_content(page, wait_until="load")
    image = window.screenshot(path=to, omit_background=True)
    window.close()
    return image


def main() -> None:
    (ASSETS / "icon.svg").write_text(ICON, encoding="utf-8")
    title = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["title"]
    words, figure = landing_page()
    card = CARD_PAGE.format(
        width=CARD[0],
        height=CARD[1],
        icon=data_url(ICON),
        title=title,
        words=words,
        figure=data_url(figure),
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for size in (48, 180):
            page = f'<style>body{{margin:0}}</style><img src="{data_url(ICON)}" width="{size}">'
            image = pixels(browser, (size, size), page, ASSETS / f"icon-{size}.png")
        Image.open(io.BytesIO(image)).save(
            ASSETS / "site" / "favicon.ico", sizes=[(16, 16), (32, 32), (48, 48)]
        )
        pixels(browser, CARD, card, ASSETS / "card.png")
        browser.close()


if __name__ == "__main__":
    main()
