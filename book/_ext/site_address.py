"""The address at which the pages are published, for all that cannot do without it.

It is `html: baseurl` in _config.yml or the environment variable BOOK_URL, such as
``https://OWNER.github.io/NAME/``; what the environment says counts. With it, pages say where they
are (canonical link, OpenGraph) and there is a sitemap. Without it there is none of that, and
nothing that another site would have to guess.
"""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

#: Pages that nobody should find by a search engine.
NOT_TO_BE_FOUND = ["search.html", "genindex.html", "404.html"]
#: What OpenGraph says with addresses, which mean nothing if they are not absolute.
NEEDS_ADDRESS = re.compile(
    r'<meta (?:property="og:(?:url|image[^"]*)"|name="twitter:card")[^>]*>\n?'
)


def site_address(config: Config) -> str:
    """Return the address, which ends with a slash, or nothing."""
    address = os.environ.get("BOOK_URL") or config.html_baseurl or ""
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ExtensionError(f"BOOK_URL: expected https://HOST/PATH/, got {address!r}")
    return address.rstrip("/") + "/"


def use_address(app: Sphinx, config: Config) -> None:
    """Hand the address to all that ask for it, each in its own setting."""
    address = site_address(config)
    config.html_baseurl = config.ogp_site_url = address
    config.ogp_site_name = config.html_title
    if address:
        app.setup_extension("sphinx_sitemap")
        config.sitemap_url_scheme = "{link}"
        config.sitemap_excludes = NOT_TO_BE_FOUND


def drop_guesses(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Take out what OpenGraph's extension makes of an address that is not known."""
    if not app.config.html_baseurl and "metatags" in context:
        context["metatags"] = NEEDS_ADDRESS.sub("", context["metatags"])


def setup(app: Sphinx) -> dict:
    app.setup_extension("sphinxext.opengraph")
    app.connect("config-inited", use_address)
    app.connect("html-page-context", drop_guesses, priority=900)  # after sphinxext.opengraph
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
