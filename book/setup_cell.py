"""The cell that a downloaded notebook begins with: it makes the notebook run by itself.

Its code comes before its archive, so that a reader who opens the cell sees what it does.
"""

from __future__ import annotations

import base64

#: Of the archive's text: long enough for the cell to stay short, short enough for every editor.
LINE = 8000

CODE = '''\
# @title Run this cell first: it lets the notebook run by itself
# It unpacks the book's library, gatedrnn, and the files that this page reads into the folder
# gated_book beside the notebook, and installs the packages that are missing. What is installed
# already stays as it is, NumPy above all; packages that have to be of one exact version go into
# that folder. Running the cell again does no harm.
import base64, importlib.util, io, os, re, subprocess, sys, tarfile, tempfile, types
from importlib import metadata
from pathlib import Path

NEEDED = {needed}  # module: what to install if it is missing
EXACT = {exact}  # goes into the folder, without what it asks for
PLACE = {place!r}  # where in the folder the page's code runs


class NotSetUpError(RuntimeError):
    """The message says it all; a traceback would show the archive."""

    def _render_traceback_(self):
        return [f"{{type(self).__name__}}: {{self}}"]


def unpack(archive):
    """Unpack the library, go where the page's code runs, and return the folder."""
    here = Path.cwd()
    around = (one for one in (here, *here.parents) if one.name == "gated_book")
    folder = next(around, here / "gated_book")
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive))) as content:
        safely = {{"filter": "data"}} if hasattr(tarfile, "data_filter") else {{}}
        content.extractall(folder, **safely)
    (folder / PLACE).mkdir(parents=True, exist_ok=True)
    os.chdir(folder / PLACE)
    return folder


def install(what, *options):
    """Install packages, or say why that did not work."""
    print("Installing", *(one.partition(";")[0] for one in what), flush=True)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    done = subprocess.run([*command, *options, *what], capture_output=True, text=True)
    if done.returncode:
        said = "\\n".join(line for line in done.stderr.splitlines() if "WARNING" not in line)
        raise NotSetUpError(
            "pip could not install " + ", ".join(what) + ". It needs a network, once; without one, "
            "install them beforehand and run this cell again. pip said:\\n" + said[-2000:]
        )


def install_missing(there):
    """Install what is missing; what is there keeps its version."""
    missing = [what for name, what in NEEDED.items() if importlib.util.find_spec(name) is None]
    if not missing:
        return
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "constraints.txt")
        try:
            file.write_text("".join(f"{{name}}=={{version}}\\n" for name, version in there.items()))
            install(missing, "--constraint", str(file))
        except NotSetUpError as error:
            if "numpy" not in there or not re.search("conflict|[Ii]nvalid", str(error)):
                raise
            print("That does not go with everything that is here; keeping NumPy alone")
            file.write_text("numpy==" + there["numpy"])
            install(missing, "--constraint", str(file))


def set_up(archive):
    """Make the notebook run by itself."""
    if sys.version_info < (3, 11):
        raise NotSetUpError("This notebook needs Python 3.11 or later; here is " + sys.version)
    folder = unpack(archive)
    own = [str(folder / "code"), str(folder / "packages")]
    others = [path for path in sys.path if path not in own]
    there = {{str(one.name).lower(): one.version for one in metadata.distributions(path=others)}}
    if there.get("numpy", "2").startswith("1."):
        raise NotSetUpError("This notebook needs NumPy 2; here is " + there["numpy"])
    install_missing(there)
    sys.path[:] = [*own, *others]
    inherited = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([*own, *inherited]))
    importlib.invalidate_caches()
    present = {{f"{{one.name}}=={{one.version}}".lower() for one in metadata.distributions()}}
    exact = [what for what in EXACT if what.lower().partition(";")[0] not in present]
    if exact:
        install(exact, "--no-deps", "--upgrade", "--target", own[1])
        importlib.invalidate_caches()
    # The book's pages put numbers into their text with this; here the text has them already.
    sys.modules["myst_nb"] = types.ModuleType("myst_nb")
    sys.modules["myst_nb"].glue = lambda *arguments, **options: None
    print("Ready; the library and its files are in", folder)

'''


def setup_cell(needed: dict[str, str], exact: list[str], place: str, archive: bytes) -> str:
    """Return the cell's code.

    Parameters
    ----------
    needed : dict of str to str
        What to give to pip for the modules that the page imports.
    exact : list of str
        Packages with their versions, to be installed into the notebook's folder, alone.
    place : str
        Where in the folder the page's code runs.
    archive : bytes
        What is unpacked there.
    """
    text = base64.b64encode(archive).decode("ascii")
    lines = "\n".join(text[start : start + LINE] for start in range(0, len(text), LINE))
    code = CODE.format(needed=_wrapped(needed), exact=_wrapped(exact), place=place)
    return f'{code}\nset_up("""\n{lines}\n""")'


def _wrapped(value: dict | list) -> str:
    """Return a literal with each item on its own line."""
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    items = map("{!r}: {!r}".format, value, value.values()) if opening == "{" else map(repr, value)
    lines = "".join(f"    {item},\n" for item in items)
    return f"{opening}\n{lines}{closing}" if lines else opening + closing
