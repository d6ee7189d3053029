"""Link a term of the glossary where a page uses it first, in running text.

Authors write ``{term}`` where a word is explained; a reader who comes from a search may meet it
before. Terms in ``glossary_links_never`` are left alone: words that are on every page, and words
that mean something else as often.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

#: Nothing inside of these is running text, or it is part of a link already.
NOT_TEXT = (
    addnodes.glossary,
    addnodes.pending_xref,
    nodes.Titular,
    nodes.caption,
    nodes.figure,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.reference,
    nodes.table,
    nodes.term,
)
#: Nor inside of containers with these classes: outputs of cells, cards that are links as a whole.
NOT_TEXT_CLASSES = {"cell_output", "sd-card"}


def plural(term: str) -> str:
    """Return a pattern for a term and its plural, its first letter small or capital."""
    stem, ending = (term[:-1], "(?:y|ies)") if re.search("[^aeiou]y$", term) else (term, "(?:e?s)?")
    letters = re.escape(stem[1:]).replace(r"\ ", r"\s+")
    return f"[{re.escape(stem[0].lower() + stem[0].upper())}]{letters}{ending}"


class Terms:
    """The terms of a glossary, found in a text: the longest wins, whole words only."""

    def __init__(self, terms: Iterable[str]) -> None:
        self.terms = sorted(terms, key=lambda term: (-len(term), term))
        words = "|".join(f"({plural(term)})" for term in self.terms)
        # Letters of other scripts do not bind: a language without spaces has no whole words.
        self.pattern = re.compile(rf"(?<![A-Za-z0-9_-])(?:{words})(?![A-Za-z0-9_-])")

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        for match in self.pattern.finditer(text) if self.terms else ():
            yield match.start(), match.end(), self.terms[match.lastindex - 1]


def ancestors(node: nodes.Node) -> Iterator[nodes.Element]:
    while node.parent is not None:
        node = node.parent
        yield node


def opening(document: nodes.document) -> list[nodes.Node]:
    """Return the list that says what a page is for, with the line before it, if it begins so."""
    for section in document.findall(nodes.section):
        blocks = [node for node in section.children if not isinstance(node, nodes.Invisible)][1:3]
        kinds = [type(block) for block in blocks]
        return blocks if kinds == [nodes.paragraph, nodes.bullet_list] else []
    return []


def running_text(document: nodes.document) -> Iterator[nodes.Element]:
    """Yield, in their order, the texts of paragraphs and the links to terms written by hand."""
    no_text = opening(document)
    for node in list(document.findall()):
        if isinstance(node, addnodes.pending_xref) and node.get("reftype") == "term":
            yield node
        elif isinstance(node, nodes.Text):
            above = list(ancestors(node))
            if (
                any(isinstance(one, nodes.paragraph) for one in above)
                and not any(isinstance(one, NOT_TEXT) for one in above)
                and not any(one is part for one in above for part in no_text)
                and not any(NOT_TEXT_CLASSES & set(one.get("classes", ())) for one in above)
            ):
                yield node


def terms_of(env: BuildEnvironment) -> dict[str, str]:
    """Return the terms that may be linked, each with the page of its glossary."""
    never = set(env.config.glossary_links_never)
    domain = env.get_domain("std")
    terms = {name: page for (kind, name), (page, _) in domain.objects.items() if kind == "term"}
    return {name: page for name, page in terms.items() if name not in never}


class GlossaryLinks(SphinxPostTransform):
    """Put a reference to its term in the place of each first use."""

    default_priority = 5  # before Sphinx resolves references

    def run(self, **kwargs) -> None:
        pages = terms_of(self.env)
        if self.env.docname in pages.values():
            return
        terms, linked = Terms(pages), set()
        for node in running_text(self.document):
            if isinstance(node, addnodes.pending_xref):
                linked.add(node["reftarget"].lower())
                continue
            parts, done = [], 0
            for start, end, term in terms.find(node):
                if term.lower() not in linked:
                    linked.add(term.lower())
                    parts += [nodes.Text(node[done:start]), self.link(term, node[start:end])]
                    done = end
            if parts:
                node.parent.replace(node, [*parts, nodes.Text(node[done:])])

    def link(self, term: str, text: str) -> addnodes.pending_xref:
        words = nodes.inline(text, text, classes=["xref", "std", "std-term"])
        return addnodes.pending_xref(
            text,
            words,
            refdoc=self.env.docname,
            refdomain="std",
            reftype="term",
            reftarget=term,
            refexplicit=True,
            refwarn=True,
        )


def renew(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write all pages again when the glossary has other terms than at the last build."""
    terms = sorted(terms_of(env))
    before, env.glossary_links_terms = getattr(env, "glossary_links_terms", None), terms
    return [] if before in (None, terms) else sorted(env.found_docs)


def setup(app: Sphinx) -> dict:
    app.add_config_value("glossary_links_never", [], "html")
    app.add_post_transform(GlossaryLinks)
    app.connect("env-updated", renew)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
