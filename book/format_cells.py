"""Bring the code cells of pages into the shape that ruff gives to code; touch nothing else.

With --check nothing is written, and the exit code is 1 if a cell is out of shape.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from execute import ROOT, pages

# The fence, what the cell's header says (YAML between dashes, or :option: lines), and the code.
CELL = re.compile(
    r"(?P<open>^(?P<fence>```+)\{code-cell\}[^\n]*\n(?:---\n.*?^---\n|(?::[^\n]*\n)*)\n?)"
    r"(?P<code>.*?)(?P<close>^(?P=fence)$)",
    re.MULTILINE | re.DOTALL,
)


def formatted(code: str) -> str:
    """Return a cell's code as ruff formats it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "cell.py", "-"]
    result = subprocess.run(command, input=code, capture_output=True, text=True, cwd=ROOT)
    if result.returncode:
        raise SystemExit(f"this cell is not Python:\n{code}\n{result.stderr}")
    return result.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", type=Path, help="pages to do; all if left out")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    out_of_shape = 0
    for page in arguments.pages or pages():
        text = page.read_text(encoding="utf-8")
        new = CELL.sub(lambda m: m["open"] + formatted(m["code"]) + m["close"], text)
        if new != text:
            out_of_shape += 1
            print(f"{page.resolve().relative_to(ROOT)}: cells out of shape")
            if not arguments.check:
                page.write_text(new, encoding="utf-8")
    return int(arguments.check and out_of_shape > 0)


if __name__ == "__main__":
    sys.exit(main())
