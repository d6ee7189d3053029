"""What a reader's browser finds wrong with a page."""

import functools
import gzip
import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LIMIT, LIMIT_WITH_FIGURES = 500, 1000  # kB of a page and all that it loads, compressed
# Pictures are fetched when they come near the window; a gallery's stand in a list and do not count.
FETCHED_LATER = """() =>
  [...document.querySelectorAll("article :not(li) > img")].map(image => image.src)"""
FIGURES = "article img, article canvas, article svg"

SET_THEME = """theme => {
  document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.mode = theme;
}"""
RUN_AXE = """async rules => {
  const found = await axe.run(document, {
    runOnly: rules, resultTypes: ["violations"], preload: false,
  });
  return found.violations.map(rule => rule.id + ": " + rule.nodes[0].html.slice(0, 120) + " | "
    + rule.nodes[0].failureSummary.slice(0, 200));
}"""
TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
  return [...new Set(ids.filter((id, k) => ids.indexOf(id) !== k))];
}"""
# Text that a formula should have become: outside of code, and not the source that KaTeX keeps.
RAW_TEX = r"""() => {
  const copy = (document.querySelector("article") || document.body).cloneNode(true);
  copy.querySelectorAll("code, pre, script, style, .katex").forEach(element => element.remove());
  const tex = /\\(frac|sigma|circ|times|text|mathbf|begin|tanh)\b|\$[^$\n]{1,80}\$/g;
  return copy.textContent.match(tex) || [];
}"""
TOO_WIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
ALT = """() =>
  [...document.querySelectorAll("article img")].map(image => image.getAttribute("alt"))"""


def missing(what: str) -> None:
    """Skip for a reader without the book or a browser; a check may not."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


def stored_script(path: Path) -> dict:
    """Return what a script of the explorers assigns."""
    script = path.read_text("utf-8")
    return json.loads(script[script.index("{") :].rstrip(";\n"))


def faults(browser: Browser, url: str) -> list[str]:
    """Return what is wrong with a page, on a laptop in the light and on a phone in the dark."""
    found = []
    page = browser.new_page(viewport=LAPTOP, reduced_motion="reduce")
    page.on("console", lambda message: found.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: found.append(f"error: {error}"))
    page.on("requestfailed", lambda request: found.append(f"not there: {request.url}"))
    host = re.match(r"\w+://[^/]*", url)[0]

    loaded = set()

    def look(request) -> None:
        if not request.url.startswith((host, "data:", "blob:")):
            found.append(f"another host: {request.url}")
        elif request.url.startswith("file:"):
            loaded.add(request.url)

    page.on("request", look)
    page.goto(url, wait_until="load")
    headings = page.locator("h1").count()
    if headings != 1:
        found.append(f"{headings} headings of the first level")
    found += [f"id twice: {name}" for name in page.evaluate(TWICE)]
    found += [f"raw TeX: {text}" for text in page.evaluate(RAW_TEX)]
    for alt in page.evaluate(ALT):
        if alt is None or len(alt.split()) < 3 or re.search(r"\.(png|svg|jpe?g)\b|^_images", alt):
            found.append(f"alt text: {alt!r}")
    page.evaluate(AXE.read_text("utf-8"))
    for theme, size in (("light", LAPTOP), ("dark", PHONE)):
        page.set_viewport_size(size)
        page.evaluate(SET_THEME, theme)
        page.wait_for_timeout(500)  # until the theme has seen which boxes scroll
        found += [f"{theme}, {size['width']}: {text}" for text in page.evaluate(RUN_AXE, RULES)]
        wider = page.evaluate(TOO_WIDE)
        if wider > 0:
            found.append(f"{size['width']}: {wider} pixels wider than the window")
    loaded.update(page.evaluate(FETCHED_LATER))
    kilobytes = sum(map(weight, loaded)) / 1000
    if kilobytes > (LIMIT_WITH_FIGURES if page.locator(FIGURES).count() else LIMIT):
        found.append(f"weight: {kilobytes:.0f} kB")
    page.close()
    return found


def weight(url: str) -> int:
    """Return the bytes of a file as a server sends it, compressed unless it is already."""
    parts = urlsplit(url)
    path = Path(url2pathname(parts.path))
    there = parts.scheme == "file" and path.is_file()
    return compressed(path, path.stat().st_mtime_ns) if there else 0


@functools.cache
def compressed(path: Path, changed: int) -> int:
    """Return the compressed size of a file, which many pages load, as it was at a time."""
    body = path.read_bytes()
    return len(body) if path.suffix in (".woff2", ".png", ".jpg") else len(gzip.compress(body, 6))
