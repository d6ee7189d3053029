"""Dates and interface strings: what they are, that no date leaks, and their batches."""

from datetime import date

import numpy as np
import pytest

from gatedrnn.data import (
    DATE_LANGUAGES,
    DATE_PATTERNS,
    DataFileError,
    MissingPackageError,
    PackageFile,
    PairBatches,
    Pairs,
    PairTokens,
    dates,
    interface_strings,
    split_by_date,
    written_dates,
)
from gatedrnn.data.interface_strings import HAN, plain
from gatedrnn.data.pairs import START, STOP, UNKNOWN


@pytest.fixture(scope="module")
def pairs():
    return written_dates(1500, rng=np.random.default_rng(0))


WEEKDAYS = "一二三四五六日"


def in_chinese(day, *, weekday):
    name = "星期" + WEEKDAYS[day.weekday()] if weekday else ""
    return f"{day.year}年{day.month}月{day.day}日{name}"


def test_every_pair_says_its_date(pairs):
    """The Chinese side is rebuilt without Babel."""
    for source, target, day in zip(pairs.sources, pairs.targets, pairs.dates, strict=True):
        day = day.astype(date)
        weekday = source[:3] in {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
        assert target == in_chinese(day, weekday=weekday)
        assert str(day.year) in source
        assert str(day.day) in source


def test_pairs_are_distinct_and_all_ways_occur(pairs):
    assert len(set(zip(pairs.sources, pairs.targets, strict=True))) == len(pairs) < 1500
    shapes = {(s[0].isdigit(), s.count(","), len(s.split())) for s in pairs.sources}
    assert len(shapes) >= 5
    assert len(DATE_PATTERNS) == 9


def test_the_same_generator_gives_the_same_dates(pairs):
    again = written_dates(1500, rng=np.random.default_rng(0))
    assert again.sources == pairs.sources
    assert written_dates(1500, rng=np.random.default_rng(1)).sources != pairs.sources


@pytest.mark.parametrize(
    ("language", "full", "long"),
    [
        ("zh", "2026年11月25日星期三", "2026年11月25日"),
        ("de", "Mittwoch, 25. November 2026", "25. November 2026"),
        ("fr", "mercredi 25 novembre 2026", "25 novembre 2026"),
    ],
)
def test_languages(language, full, long):
    rng = np.random.default_rng(0)
    found = written_dates(200, language, rng=rng, first="2026-11-25", last="2026-11-25")
    written = dict(zip(found.sources, found.targets, strict=True))
    assert written == {
        "Wednesday, November 25, 2026": full,
        "Wednesday, 25 November 2026": full,
        "Wed, Nov 25, 2026": full,
        "Wed, 25 Nov 2026": full,
        "November 25, 2026": long,
        "25 November 2026": long,
        "Nov 25, 2026": long,
        "25 Nov 2026": long,
        "11/25/2026": long,
    }
    assert language in DATE_LANGUAGES


def test_no_date_is_in_two_parts(pairs):
    parts = split_by_date(pairs, valid=0.1, test=0.2, rng=np.random.default_rng(0))
    assert sum(map(len, parts)) == len(pairs)
    days = [set(part.dates.tolist()) for part in parts]
    assert not days[0] & days[1]
    assert not days[0] & days[2]
    assert not days[1] & days[2]
    total = len(set(pairs.dates.tolist()))
    assert [round(len(one) / total, 2) for one in days] == [0.7, 0.1, 0.2]
    # It is the dates that were split: some of them are written in two ways.
    assert any(len(set(part.dates.tolist())) < len(part) for part in parts)
    for part in parts:
        for target, day in zip(part.targets, part.dates, strict=True):
            assert target.startswith(f"{day.astype(date).year}年")


def test_a_pair_of_a_split_is_one_of_the_whole(pairs):
    known = set(zip(pairs.sources, pairs.targets, strict=True))
    for part in split_by_date(pairs, rng=np.random.default_rng(0)):
        assert set(zip(part.sources, part.targets, strict=True)) <= known


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: written_dates(5, "tlh", rng=rng), r"language: expected one of .*'tlh'"),
        (lambda rng: written_dates(0, rng=rng), "draws: expected .* got 0"),
        (
            lambda rng: written_dates(5, rng=rng, first="2020-01-02", last="2020-01-01"),
            "last: expected a day not before 2020-01-02, got 2020-01-01",
        ),
        (
            lambda rng: split_by_date(written_dates(20, rng=rng), valid=0.5, test=0.5, rng=rng),
            "valid, test: expected shares that sum below 1",
        ),
        (
            lambda rng: split_by_date(written_dates(3, rng=rng), rng=rng),
            "pairs: expected more dates than 3",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))


def test_another_babel_is_refused(monkeypatch):
    other = PackageFile("babel", "locale-data/zh.dat", dates.REQUIREMENT, "0" * 64)
    monkeypatch.setitem(dates.LOCALES, "zh", other)
    with pytest.raises(DataFileError, match=r"pip install --force-reinstall babel==2\.18\.0"):
        written_dates(5, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("call", "requirement"),
    [
        (lambda: written_dates(5, rng=np.random.default_rng(0)), r"babel==2\.18\.0"),
        (interface_strings, r"jupyterlab-language-pack-zh-CN==4\.5\.post3"),
    ],
)
def test_a_missing_package_is_named_with_the_command(monkeypatch, call, requirement):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=f"pip install {requirement}"):
        call()


def test_interface_strings():
    strings = interface_strings()
    assert len(strings) == 2010
    keys = [plain(source) for source in strings.sources]
    assert len(set(keys)) == len(keys)  # so that a random split has no near-copies
    assert all(keys)
    assert max(map(len, strings.sources)) <= 40
    assert max(map(len, strings.targets)) <= 25
    assert all(HAN.search(target) for target in strings.targets)
    assert not any("\x04" in source for source in strings.sources)
    known = dict(zip(strings.sources, strings.targets, strict=True))
    assert known["Console"] == "控制台"
    assert known["Rename File"] == "重命名文件"
    assert len(interface_strings(longest_source=10)) < len(strings)
    with pytest.raises(ValueError, match="longest_target: expected"):
        interface_strings(longest_target=0)


SOME = Pairs(("ab", "c", "abc"), ("x", "yxy", "zz"))


def test_a_batch_reads_behind_a_start_and_writes_up_to_a_stop():
    tokens = PairTokens(SOME)
    batch = tokens.batch(SOME)
    source, read = batch.inputs
    assert source.shape == (3, 3)
    assert read.shape == batch.targets.shape == batch.mask.shape == (4, 3)
    np.testing.assert_array_equal(batch.lengths, [2, 1, 3])
    for n, (text, target) in enumerate(zip(SOME.sources, SOME.targets, strict=True)):
        size = len(target) + 1
        assert tokens.source.decode(source[: len(text), n]) == text
        assert tokens.target.decode(read[:size, n]) == START + target
        assert tokens.target.decode(batch.targets[:size, n]) == target + STOP
        np.testing.assert_array_equal(batch.mask[:, n], np.arange(4) < size)
    assert batch.weight == 1 + 3 + 2 + 3
    assert tokens.text(np.array([], int)) == ""


def test_characters_of_the_test_are_not_known_before_it():
    tokens = PairTokens(SOME)
    batch = tokens.batch(Pairs(("aq",), ("xé",)))
    assert tokens.source.decode(batch.inputs[0][:, 0]) == "a" + UNKNOWN
    assert tokens.target.decode(batch.targets[:, 0]) == "x" + UNKNOWN + STOP
    assert "q" not in tokens.source


def test_an_epoch_has_every_pair_once_and_no_needless_padding(pairs):
    tokens = PairTokens(pairs)
    batches = PairBatches(tokens, pairs, batch_size=64, rng=np.random.default_rng(0))
    seen = []
    for batch in batches:
        source, read = batch.inputs
        assert len(source) == batch.lengths.max()
        assert len(read) == len(batch.targets) == batch.mask.sum(0).max()
        for column, length in zip(source.T, batch.lengths, strict=True):
            seen.append(tokens.source.decode(column[:length]))
    assert len(batches) == -(-len(pairs) // 64)
    assert sorted(seen) == sorted(pairs.sources)
    assert seen != list(pairs.sources)
    first = next(iter(PairBatches(tokens, pairs, batch_size=3)))
    assert tokens.source.decode(first.inputs[0][: first.lengths[0], 0]) == pairs.sources[0]


def test_bad_pairs_are_named():
    with pytest.raises(ValueError, match="targets: expected one per source, 2, got 1"):
        Pairs(("a", "b"), ("x",))
    with pytest.raises(ValueError, match="expected texts of at least one character"):
        Pairs(("a", ""), ("x", "y"))
    with pytest.raises(ValueError, match="batch_size"):
        PairBatches(PairTokens(SOME), SOME, batch_size=0)
