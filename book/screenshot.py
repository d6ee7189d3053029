"""Take the picture in the README: a page of the built book, in Chromium, without a network.

Chromium is found by the environment variable CHROMIUM or as `chromium` on the path.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Return where Chromium is."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None:
        sys.exit("Chromium is not installed: get it, or name it with CHROMIUM=/path/to/chromium")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--page", default="chapters/02_lstm/principle")
    parser.add_argument("--to", type=Path, default=ROOT / "book" / "assets" / "screenshot.png")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--fragment", default="", help="what to scroll to, such as sec-...")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--whole", action="store_true", help="the whole page, not one screen")
    arguments = parser.parse_args()
    page_file = HTML / f"{arguments.page}.html"
    if not page_file.exists():
        sys.exit(f"{page_file.relative_to(ROOT)} is not built: run 'make book'")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(
            viewport={"width": arguments.width, "height": arguments.height},
            color_scheme="dark" if arguments.dark else "light",
        )
        page.goto(page_file.as_uri() + (f"#{arguments.fragment}" if arguments.fragment else ""))
        page.wait_for_timeout(500)
        page.screenshot(path=arguments.to, full_page=arguments.whole)
        browser.close()
    print(f"{arguments.to}: {arguments.to.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
