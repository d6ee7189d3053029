"""Serve the finished pages compressed, as a real server does and Python's own does not."""

from __future__ import annotations

import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What is packed already.
PACKED = {".png", ".jpg", ".woff2", ".ico", ".zip", ".gz"}


@functools.cache
def content(file: Path) -> tuple[bytes, bool]:
    """Return what is sent for a file, and whether it is compressed."""
    raw = file.read_bytes()
    return (raw, False) if file.suffix in PACKED else (gzip.compress(raw, 6), True)


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() else file
        status = 200
        if not file.is_file():
            file, status = Path(self.directory, "404.html"), 404
        body, compressed = content(file)
        self.send_response(status)
        self.send_header("Content-Type", f"{self.guess_type(file)}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        if compressed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine; an address that is none gets 404.html."""
    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
