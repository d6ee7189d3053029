"""What `gatedrnn compare` understands of a file, and what it says of one that will not do."""

import os
import re

import numpy as np
import pandas as pd
import pytest

from gatedrnn.cli import main
from gatedrnn.comparison import prepare
from gatedrnn.comparison.reading import read
from gatedrnn.comparison.timestamps import read_times, rhythm

ROWS = 160


def daily(rows=ROWS, start="2020-01-01"):
    """A series of days, with a constant column and one of words."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "date": pd.date_range(start, periods=rows, freq="D").strftime("%Y-%m-%d"),
            "warmth": rng.normal(10, 3, rows).round(2),
            "wind": rng.normal(4, 1, rows).round(2),
            "altitude": 7,
            "sky": ["grey", "blue"] * (rows // 2) + ["grey"] * (rows % 2),
        }
    )


def changed(row, column, value, frame=None):
    frame = (daily() if frame is None else frame).astype({column: object})
    frame.loc[row, column] = value
    return frame


def with_times(times):
    return daily(len(times)).assign(date=list(times))


def csv(frame, **options):
    return frame.to_csv(index=False, **options).encode()


def stamps(rows, freq="h", zone=""):
    return pd.date_range("2020-01-01", periods=rows, freq=freq).strftime(f"%Y-%m-%d %H:%M{zone}")


def fact(problem, name):
    return dict(problem.facts)[name]


def prepared(tmp_path, content, target="warmth", name="data.csv", **settings):
    path = tmp_path / name
    path.write_bytes(content)
    return prepare(path, target, **settings)


WRONG_FILES = {
    "empty": (b"", "expected data, got an empty file"),
    "header alone": (b"date,warmth\n", "expected a header and rows, got 1 line"),
    "no header": (
        csv(daily(), header=False),
        "expected the names of the columns in the first line, got 2020-01-01, .*; add such a line",
    ),
    "same name twice": (b"a,warmth,a\n1,2,3\n", "expected each column once, got 'a' more than"),
    "ragged": (csv(daily()) + b"2030-01-01,1,2,7,grey,6\n", "as many fields in every line.*saw 6"),
    "bytes of Latin-1": (
        csv(daily()).replace(b"grey", b"tr\xfcb", 1),
        r"expected utf-8, got byte 0xfc at position \d+; name another encoding, such as "
        r"--encoding cp1252",
    ),
    "UTF-16": (csv(daily()).decode().encode("utf-16"), "byte 0xff at position 0.*here --encoding"),
    "zero bytes": (b"date,warmth\n" + bytes(100), "got zero bytes as of a binary file"),
    "few rows": (csv(daily(30)), r"expected at least \d+ rows, for a context of 4 .* got 30"),
    "a word among numbers": (
        csv(changed(16, "warmth", "mild")),
        "warmth: expected numbers, got 'mild' in row 17$",
    ),
    "constant target": (csv(daily().assign(warmth=5)), "warmth: expected numbers that vary, got 5"),
    "empty target": (csv(daily().assign(warmth="")), "warmth: expected numbers, got an empty"),
    "target constant in training": (
        csv(daily().assign(warmth=[5.0] * 120 + list(range(40)))),
        "warmth: expected numbers that vary, got 5 in every row of the training part",
    ),
    "missing target": (
        csv(changed(40, "warmth", "")),
        "warmth: expected a number in every row, got 1 missing, the first in the row of "
        "2020-02-10; say what to do with --fill",
    ),
    "missing input": (csv(changed(9, "wind", "")), "wind: expected a number in every row"),
    "infinite": (csv(changed(2, "wind", "inf")), "wind: expected finite numbers, got inf in row 3"),
    "gaps": (
        csv(daily().drop([50, 51, 90])),
        "date: expected daily rows without gaps, got 3 missing rows in 2 gaps, the first after "
        "2020-02-19; say what to do with --fill previous, interpolate or ignore",
    ),
    "irregular": (
        csv(with_times(pd.to_datetime("2020-01-01") + pd.to_timedelta(
            np.cumsum(np.random.default_rng(0).integers(1, 9999, ROWS)), "s"))),
        "date: expected times at equal distances, got irregular",
    ),
    "the same day twice": (
        csv(changed(7, "date", "2020-01-03")),
        "date: expected every time once, got 2020-01-03 in row 3 and row 8, 1 such pair in all",
    ),
    "a day missing": (csv(changed(7, "date", "")), "date: expected a time in every row, .* row 8"),
    "no day": (csv(changed(70, "date", "soon")), "date: expected times, got 'soon' in row 71"),
    "no such day": (csv(changed(70, "date", "2020-02-31")), "got '2020-02-31' in row 71"),
    "mixed zones": (
        csv(with_times([*stamps(80, zone="+01:00"), *stamps(160, zone="+02:00")[80:]])),
        r"date: expected one time zone, got \+01:00 in row 1 and \+02:00 in row 81; bring them "
        "to UTC with --utc",
    ),
    "zone and none": (
        csv(with_times([*stamps(80), *stamps(160, zone="Z")[80:]])),
        r"got no offset in row 1 and \+00:00 in row 81; give all of them one",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_bad_files_get_one_line_and_2(content, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_bytes(content)
    assert main(["compare", "data.csv", "--target", "warmth"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert re.match("error: " + ".*" + message, err.rstrip("\n")), err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv"]  # and no report


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dta.csv", "--target", "warmth"], "dta.csv: no such file; did you mean data.csv"),
        (["folder", "--target", "warmth"], "folder: expected a file, got a folder"),
        (["data.xlsx", "--target", "warmth"], "whose name ends in .csv, .* got .xlsx"),
        (["data.csv", "--target", "Warm"], "got 'Warm'; did you mean warmth?"),
        (["data.csv", "--target", "x"], "got 'x'; there are date, warmth, wind, altitude, sky"),
        (["data.csv"], "target: expected the name of a column, got none; there are date, warmth"),
        (["data.csv", "--target", "sky", "--time", "date"], "sky: expected numbers, got 'grey'"),
        (["data.csv", "--target", "warmth", "--time", "day"], "time: expected a column of data"),
        (["data.csv", "--target", "warmth", "--text", "no"], "text: expected a column of data"),
        (["data.csv", "--target", "warmth", "--encoding", "klingon"], "encoding: expected one"),
        (["data.csv", "--target", "warmth", "--horizon", "0"], "horizon: expected a positive"),
        (["data.csv", "--target", "warmth", "--context", "99"], "expected at least 180 rows, for"),
        (["data.csv", "--target", "warmth", "--minutes", "0"], "minutes: expected a positive"),
        (["data.csv", "--target", "warmth", "--minutes", "nan"], "minutes: expected a positive"),
        (["data.csv", "--target", "warmth", "--seeds", "0"], "seeds: expected a positive"),
        (["data.csv", "--target", "warmth", "--parameters", "2"], "parameters: expected"),
        (["data.csv", "--target", "warmth", "--output", "no/r.html"], "output: expected a folder"),
        (["bad.parquet", "--target", "warmth"], "bad.parquet: expected a Parquet file, got"),
        (["short.txt"], "short.txt: expected at least 5,000 characters, got 5"),
        (["same.txt"], "same.txt: expected different characters, got 'a' alone"),
        (["labels.csv", "--target", "label"], "at least 10 different texts .* got 1 of 'rare'"),
    ],
)
def test_bad_arguments_get_one_line_and_2(arguments, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "data.csv").write_bytes(csv(daily()))
    (tmp_path / "data.xlsx").write_bytes(b"PK")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 it is not")
    (tmp_path / "short.txt").write_text("short")
    (tmp_path / "same.txt").write_text("a" * 6000)
    texts = [
        f'{label},"a {label} text, number {k}"' for k in range(20) for label in ("good", "bad")
    ]
    (tmp_path / "labels.csv").write_text("\n".join(["label,text", *texts, "rare,all alone here"]))
    assert main(["compare", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert re.match("error: .*" + message, err.rstrip("\n")), err


@pytest.mark.parametrize("name", ["data.csv", "data.txt", "data.parquet"])
def test_two_gigabytes_are_refused_without_being_read(name, tmp_path, capsys):
    path = tmp_path / name
    with open(path, "wb") as file:
        file.truncate(2_000_000_000)
    before = os.times()
    assert main(["compare", str(path), "--target", "warmth"]) == 2
    assert "expected at most 500 MB, got 2,000 MB" in capsys.readouterr().err
    assert sum(os.times()[:2]) - sum(before[:2]) < 0.5  # measured at 0.01


def test_a_frame_must_be_one():
    with pytest.raises(TypeError, match="source: expected a path or a pandas.DataFrame, got list"):
        prepare([1, 2, 3], "warmth")


DIALECTS = {
    "plain": csv(daily()),
    "semicolons": csv(daily(), sep=";"),
    "tabs": csv(daily(), sep="\t"),
    "decimal commas": csv(daily(), sep=";", decimal=","),
    "byte-order mark": b"\xef\xbb\xbf" + csv(daily()),
    "CRLF": csv(daily(), lineterminator="\r\n"),
    "quoted newlines": csv(daily().assign(sky="a\nb")),
    "newest first": csv(daily()[::-1]),
    "slashes": csv(with_times(pd.date_range("2020-01-01", periods=ROWS).strftime("%d/%m/%Y"))),
    "points": csv(with_times(pd.date_range("2020-01-01", periods=ROWS).strftime("%d.%m.%Y"))),
    "year first": csv(with_times(pd.date_range("2020-01-01", periods=ROWS).strftime("%Y/%m/%d"))),
    "month first": csv(with_times(pd.date_range("2020-01-01", periods=ROWS).strftime("%m/%d/%Y"))),
    "row counter": csv(daily().reset_index(names="id")),
    "thousands": csv(daily().assign(wind=[f"{n:,}" for n in range(900, 900 + 2 * ROWS, 2)])),
}


@pytest.mark.parametrize("content", DIALECTS.values(), ids=DIALECTS)
def test_however_it_is_written_the_numbers_are_the_same(content, tmp_path):
    problem = prepared(tmp_path, content)
    np.testing.assert_array_equal(problem.shown["values"], daily()["warmth"])
    expected = pd.date_range("2020-01-01", periods=ROWS).to_numpy()
    np.testing.assert_array_equal(problem.shown["times"], expected)
    assert problem.shown["inputs"][:2] == ["warmth", "wind"]
    assert "altitude: constant" in fact(problem, "ignored")
    assert fact(problem, "gaps") == "none"


def test_what_was_understood_is_said(tmp_path):
    said = dict(prepared(tmp_path, csv(daily()[::-1], sep=";", decimal=",")).facts)
    assert said["file"] == "data.csv: CSV, separated by semicolons, decimal commas, UTF-8"
    assert said["rows"] == "160 rows, 5 columns"
    assert said["time"].startswith("date: daily, 2020-01-01 to 2020-06-08")
    assert "have been sorted" in said["time"]
    assert said["ignored"] == "sky: not numbers; altitude: constant"
    assert said["forecast from"].startswith("the last 8 rows of warmth, wind, day of the week")
    assert said["train"].startswith("2020-01-01 to 2020-04-21: 112 rows, 104 forecasts")


def test_another_encoding(tmp_path):
    content = csv(daily()).replace(b"grey", b"tr\xfcb")
    problem = prepared(tmp_path, content, encoding="latin-1")
    assert fact(problem, "file").endswith("iso8859-1")


def test_parquet_and_frame_are_as_csv(tmp_path):
    frame = daily().assign(date=pd.date_range("2020-01-01", periods=ROWS))
    frame.to_parquet(tmp_path / "data.parquet")
    from_csv = prepared(tmp_path, csv(daily()))
    indexed = frame.set_index("date")
    series = indexed["warmth"]
    for source in (tmp_path / "data.parquet", frame, indexed):
        problem = prepare(source, "warmth")
        np.testing.assert_array_equal(problem.test[0][0], from_csv.test[0][0])
    assert prepare(series, "warmth").shown["times"][0] == np.datetime64("2020-01-01")
    assert "date" in frame.columns  # the reader's own frame is as it was


@pytest.mark.parametrize(
    ("times", "label", "missing"),
    [
        (pd.date_range("2020-01-01", periods=50, freq="h"), "hourly", 0),
        (pd.date_range("2020-01-01", periods=50, freq="15min"), "every 15 minutes", 0),
        (pd.date_range("2020-01-31", periods=50, freq="ME"), "monthly", 0),
        (pd.date_range("2020-01-01", periods=50, freq="MS").delete([3, 4]), "monthly", 2),
        (pd.date_range("2020-01-01", periods=50, freq="QS"), "quarterly", 0),
        (pd.date_range("1950-01-01", periods=50, freq="YS").delete(5), "yearly", 1),
        (pd.date_range("2020-01-06", periods=50, freq="W"), "weekly", 0),
        (pd.bdate_range("2020-01-01", periods=50), "every working day", 0),
        (pd.bdate_range("2020-01-01", periods=50).delete(20), "every working day", 1),
        (pd.date_range("2020-01-01", periods=50).delete(20), "daily", 1),
    ],
)
def test_how_often_rows_come(times, label, missing):
    beat = rhythm(times.to_numpy("datetime64[ns]"))
    assert (beat.label, len(beat.missing)) == (label, missing)


def test_ambiguous_days_are_read_so_that_they_follow_each_other():
    days = pd.date_range("2020-01-01", periods=12).strftime("%d/%m/%Y")  # all below 13
    times, note = read_times(pd.Series(days, name="date"))
    assert (times[-1], note) == (np.datetime64("2020-01-12"), "read as day/month/year")
    months = pd.Series(pd.date_range("2020-01-01", periods=12).strftime("%m/%d/%Y"), name="date")
    assert read_times(months)[0][-1] == np.datetime64("2020-01-12")


def test_zones(tmp_path):
    same = csv(with_times(stamps(ROWS, zone="+02:00")))
    problem = prepared(tmp_path, same)
    assert problem.shown["times"][0] == np.datetime64("2020-01-01T00:00")  # as the clock showed
    assert "UTC+02:00" in fact(problem, "time")
    parts = [stamps(80, zone="+01:00"), pd.date_range("2020-01-04 09:00", periods=80, freq="h")]
    mixed = csv(with_times([*parts[0], *parts[1].strftime("%Y-%m-%d %H:%M+02:00")]))
    problem = prepared(tmp_path, mixed, utc=True)
    assert problem.shown["times"][0] == np.datetime64("2019-12-31T23:00")
    assert (np.diff(problem.shown["times"]) == np.timedelta64(1, "h")).all()


def test_what_is_filled_is_never_forecast(tmp_path):
    frame = daily(400).drop([100, 101, 350])
    for fill, lost in {"previous": 3, "interpolate": 5}.items():  # and no forecast after a gap
        problem = prepared(tmp_path, csv(frame), fill=fill)
        rows = sum(len(ys) for _, ys in [*problem.train(0), *problem.valid, *problem.test])
        assert len(problem.shown["values"]) == 400
        assert rows == 400 - 14 - lost
    ignored = prepared(tmp_path, csv(frame), fill="ignore")
    assert len(ignored.shown["values"]) == 397
    holes = changed(20, "wind", "", daily(400))
    assert len(prepared(tmp_path, csv(holes), fill="ignore").shown["values"]) == 399


def test_the_newest_rows_are_used_if_there_are_too_many(tmp_path):
    problem = prepared(tmp_path, csv(daily(400)), at_most=200)
    assert fact(problem, "rows") == "400 rows, 5 columns; the newest 200 rows are used"
    assert problem.shown["times"][-1] == np.datetime64("2021-02-03")


def test_a_mostly_empty_column_is_left_out(tmp_path):
    frame = daily()
    frame["rare"] = [1.5 if row % 4 == 0 else None for row in range(ROWS)]
    assert "rare: 75% missing" in fact(prepared(tmp_path, csv(frame)), "ignored")


def test_a_text_file_that_is_a_table(tmp_path):
    (tmp_path / "data.txt").write_bytes(csv(daily()))
    assert read(tmp_path / "data.txt").text.startswith("date,")
    assert prepare(tmp_path / "data.txt", "warmth").kind == "series"
