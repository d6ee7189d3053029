"""Bibliography style whose labels are author and year, as the citations in the text are.

The styles that come with pybtex label an entry [12] or [CvMG+14]. With this extension,
``:style: author_year`` on a ``bibliography`` directive labels it [Cho et al., 2014].
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from string import ascii_lowercase
from typing import Any

from pybtex.database import Entry, Person
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx


def surname(person: Person) -> str:
    """Return the surname with its particle, "van der Westhuizen"."""
    return " ".join(map(str, person.rich_prelast_names + person.rich_last_names))


def author_year(entry: Entry) -> str:
    """Return "Elman, 1990", "Gu and Dao, 2023" or "Cho et al., 2014"."""
    names = [surname(person) for person in entry.persons.get("author", [])]
    authors = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{authors}, {entry.fields['year']}"


class AuthorYearLabels(BaseLabelStyle):
    """Labels by author and year; entries that would share one get the letters a, b, ..."""

    def format_labels(self, sorted_entries: list[Entry]) -> Iterator[str]:
        labels = [author_year(entry) for entry in sorted_entries]
        total, seen = Counter(labels), Counter()
        for label in labels:
            yield label + (ascii_lowercase[seen[label]] if total[label] > 1 else "")
            seen[label] += 1


class AuthorYearStyle(PlainStyle):
    """The plain style, sorted by author, with labels by author and year."""

    default_label_style = AuthorYearLabels


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the style under the name ``author_year``."""
    register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle)
    return {"version": "1.0", "parallel_read_safe": True, "parallel_write_safe": True}
