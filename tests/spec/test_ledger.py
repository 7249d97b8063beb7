"""Where every export row went, and why, on every engine."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from peereval.columns import LEDGER_STATUSES, names
from peereval.pipeline import match_study
from peereval.reading import sources
from peereval.reading.export import Export, Marks
from peereval.reading.formats import open_export
from peereval.studies import Layout
from support.studies import CALM, MEDIUM, MOOD, ONE_WAVE, SHORT, make_study
from support.tables import assert_table, read_table

_ALL_FATES = """
    id  school  role    when  version  mood  calm  state
    k1  north   mentee  b1    young    1     1     done
    k1  north   mentee  f1    young    2     2     done
    k1  north   mentee  b2    young    3     3     done
    k1  north   mentee  f2    young    4     4     done
    k2  north   mentee  b1    young    5     -     done
    k2  north   mentee  f1    young    -     6     done
    k3  north   mentee  b1    young    5     5     done
    k4  north   mentee  b1    young    5     5     done
    k4  north   mentee  f1    old      5     5     done
    k5  north   mentee  b1    young    1     1     done
    k5  north   mentee  b1    young    1     -     done
    k5  north   mentee  f1    young    2     2     done
    -   north   mentee  f1    young    2     2     done
    k6  north   mentee  b1    young    1     1     done
    k6  south   mentee  f1    young    2     2     done
    k7  north   mentee  b1    young    1     1     test
    k7  north   mentee  f1    young    1     1     half
    k7  north   mentee  f1    young    1     1     staff
    k1  north   mentee  b1    young    9     9     staff
    -   north   mentee  b1    young    9     9     staff
"""
_EVERYTHING = {
    "phases": ["young", "old"],
    "comparisons": [{**SHORT, "phases": ["young", "old"]}],
    "responses": {"unfinished": "exclude"},
    "exclude": [{"column": "state", "values": ["staff"], "reason": "answered by staff"}],
    "conflicts": {"organisation": "drop"},
}


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports of a platform that marks its responses."""

    def opened(path: Path, layout: Layout) -> Export:
        test, half = (Marks("state", frozenset({word})) for word in ("test", "half"))
        return replace(open_export(path, layout), tests=test, unfinished=half)

    monkeypatch.setattr(sources, "open_export", opened)


@pytest.mark.usefixtures("marked")
def test_every_status_has_its_row_and_its_reason(tmp_path: Path, engine: str) -> None:
    study = make_study(tmp_path, _ALL_FATES, MOOD, CALM, **_EVERYTHING)
    ledger = match_study(study, engine).tables["ledger"]
    expected = """
        source_row  respondent  occasion  phase  comparison  status         n_outcomes
        2           k1          b1        young  short       used           2
        3           k1          f1        young  short       used           2
        4           k1          b2        young  short       pooled         0
        5           k1          f2        young  short       pooled         0
        6           k2          b1        young  short       unscored       0
        7           k2          f1        young  short       unscored       0
        8           k3          b1        young  short       unmatched      0
        9           k4          b1        young  short       phase_differs  0
        10          k4          f1        old    short       phase_differs  0
        11          k5          b1        young  short       used           2
        12          k5          b1        young  -           duplicate      0
        13          k5          f1        young  short       used           2
        14          -           f1        young  -           no_id          0
        15          k6          b1        young  short       conflict       0
        16          k6          f1        young  short       conflict       0
        17          k7          b1        young  -           test_response  0
        18          k7          f1        young  -           unfinished     0
        19          k7          f1        young  -           excluded       0
        20          k1          b1        young  -           excluded       0
        21          -           b1        young  -           excluded       0
    """
    assert_table(ledger, expected)
    reasons = dict(ledger.select("status", "reason").unique().iter_rows())
    own = {status: reasons.pop(status) for status in ("duplicate", "excluded", "conflict")}
    assert own["duplicate"].startswith("another row of this respondent at this occasion")
    assert own["excluded"] == "answered by staff"
    assert own["conflict"].startswith("matched, but with another organisation")
    assert reasons == {status: LEDGER_STATUSES[status] for status in reasons}
    assert {*reasons, *own} == set(LEDGER_STATUSES) - {"not_compared"}
    assert ledger.columns == names("ledger")


def test_row_that_is_set_aside_says_which_of_the_exclusions_it_was(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood  class  hand
        k1  north   mentee  b1    1     staff  -
        k1  north   mentee  f1    2     7x     paper
        k2  north   mentee  b1    3     staff  paper
        k2  north   mentee  f1    4     7x     -
    """
    exclude = [
        {"column": "hand", "values": ["paper"], "reason": "on paper"},
        {"column": "class", "values": ["staff"]},
    ]
    study = make_study(tmp_path, answers, MOOD, exclude=exclude)
    expected = """
        source_row | status    | reason
        2          | excluded  | set aside by class
        3          | excluded  | on paper
        4          | excluded  | on paper
        5          | unmatched | no response of this respondent at the other occasion
    """
    assert_table(match_study(study, engine).tables["ledger"], expected)


@pytest.mark.parametrize("policy", ["most_complete", "first", "last", "drop", "error"])
def test_row_that_is_set_aside_is_nobodys_duplicate(
    tmp_path: Path, engine: str, policy: str
) -> None:
    """Neither does it win, however complete, nor does it make another row a duplicate."""
    answers = """
        id  school  role    when  mood  calm  class
        k1  north   mentee  b1    9     9     staff
        k1  north   mentee  b1    1     -     7x
        k1  north   mentee  b1    9     9     staff
        k1  north   mentee  f1    2     2     7x
    """
    study = make_study(
        tmp_path,
        answers,
        MOOD,
        CALM,
        matching={"duplicates": policy},
        exclude=[{"column": "class", "values": ["staff"], "reason": "staff"}],
    )
    tables = match_study(study, engine).tables
    assert_table(tables["pairs"], "pre_mood_total post_mood_total\n1 2")
    assert tables["duplicates"].is_empty()
    expected = """
        source_row  status
        2           excluded
        3           used
        4           excluded
        5           used
    """
    assert_table(tables["ledger"], expected)


def test_row_of_an_occasion_or_phase_that_no_comparison_uses_is_not_compared(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  version  mood
        k1  north   mentee  b1    young    1
        k1  north   mentee  f1    young    2
        k1  north   mentee  b2    young    3
        k2  north   mentee  b1    old      4
        k2  north   mentee  f1    old      5
        k3  north   mentee  b1    old      4
        k3  north   mentee  f2    old      5
    """
    study = make_study(
        tmp_path,
        answers,
        MOOD,
        phases=["young", "old"],
        comparisons=[{**ONE_WAVE, "phases": ["young"]}, {**MEDIUM, "phases": ["old"]}],
    )
    expected = """
        respondent  occasion  comparison  status
        k1          b1        change      used
        k1          f1        change      used
        k1          b2        -           not_compared
        k2          b1        medium      unmatched
        k2          f1        -           not_compared
        k3          b1        medium      used
        k3          f2        medium      used
    """
    assert_table(match_study(study, engine).tables["ledger"], expected)


@pytest.mark.usefixtures("marked")
def test_row_is_there_once_for_each_comparison_that_could_use_it(
    tmp_path: Path, engine: str
) -> None:
    settings = _EVERYTHING | {"comparisons": [SHORT, MEDIUM]}
    study = make_study(tmp_path, _ALL_FATES, MOOD, CALM, **settings)
    tables = match_study(study, engine).tables
    ledger = tables["ledger"]
    counts = ledger.group_by("occasion", "comparison").len("n")
    expected = """
        occasion  comparison  n
        b1        short       6
        b1        medium      6
        f1        short       5
        b2        short       1
        f2        short       1
        f2        medium      1
        b1        -           4
        f1        -           3
    """
    assert_table(counts, expected)
    assert set(ledger["row"]) == set(tables["scores"]["row"])
    assert not ledger.select("row", "comparison").is_duplicated().any()


def test_lost_row_is_there_once_however_many_comparisons_there_are(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood
        -   north   mentee  b1    1
        k1  north   mentee  b1    1
        k1  north   mentee  b1    2
        k1  north   mentee  b2    3
    """
    study = make_study(tmp_path, answers, MOOD, comparisons=[ONE_WAVE, MEDIUM])
    expected = """
        source_row  comparison  status
        2           -           no_id
        3           -           duplicate
        4           change      unmatched
        4           medium      unmatched
        5           -           not_compared
    """
    assert_table(match_study(study, engine).tables["ledger"], expected)


def test_row_is_not_used_by_an_outcome_that_its_phase_does_not_analyse(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  version  mood  calm
        k1  north   mentee  b1    young    -     1
        k1  north   mentee  f1    young    -     2
        k2  north   mentee  b1    old      -     1
        k2  north   mentee  f1    old      -     2
    """
    outcomes = {"young": ["mood_total"], "old": ["calm_total"]}
    study = make_study(tmp_path, answers, MOOD, CALM, phases=["young", "old"], outcomes=outcomes)
    expected = """
        respondent  occasion  status    n_outcomes
        k1          b1        unscored  0
        k1          f1        unscored  0
        k2          b1        used      1
        k2          f1        used      1
    """
    assert_table(match_study(study, engine).tables["ledger"], expected)


def test_rows_without_an_id_are_all_there_however_complete_they_are(
    tmp_path: Path, engine: str
) -> None:
    """They are nobody's duplicates: a more complete one takes nothing from the others."""
    answers = """
        id  school  role    when  mood  calm
        -   north   mentee  b1    -     -
        -   north   mentee  b1    1     -
        -   north   mentee  b1    1     1
        -   north   mentee  b1    1     -
    """
    expected = """
        source_row | comparison | status | reason
        2          | -          | no_id  | no id, or no organisation where ids belong to one
        3          | -          | no_id  | no id, or no organisation where ids belong to one
        4          | -          | no_id  | no id, or no organisation where ids belong to one
        5          | -          | no_id  | no id, or no organisation where ids belong to one
    """
    study = make_study(tmp_path, answers, MOOD, CALM)
    assert_table(match_study(study, engine).tables["ledger"], expected)


def test_rows_keep_the_file_and_the_row_number_of_the_spreadsheet(
    tmp_path: Path, engine: str
) -> None:
    exports = {
        "baseline.csv": read_table("""
            id  school  role    when  mood
            k2  north   mentee  b1    1
            k1  north   mentee  b1    1
        """),
        "follow_up.csv": read_table("""
            id  school  role    when  mood
            k1  north   mentee  f1    1
        """),
    }
    ledger = match_study(make_study(tmp_path, exports, MOOD), engine).tables["ledger"]
    expected = """
        source         source_row  respondent  status
        baseline.csv   2           k2          unmatched
        baseline.csv   3           k1          used
        follow_up.csv  2           k1          used
    """
    assert_table(ledger, expected)
    assert ledger["row"].n_unique() == 3


def test_everyone_unmatched_is_a_ledger_and_not_an_error(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k2  north   mentee  f1    2
    """
    tables = match_study(make_study(tmp_path, answers, MOOD), engine).tables
    assert tables["pairs"].is_empty()
    assert_table(tables["ledger"], "respondent status\nk1 unmatched\nk2 unmatched")


def test_export_without_rows_is_no_row(tmp_path: Path, engine: str) -> None:
    study = make_study(tmp_path, "id school role when mood\nk1 north mentee b1 1", MOOD)
    (tmp_path / "answers.csv").write_text("id,school,role,when,mood\n", encoding="utf-8")
    tables = match_study(study, engine).tables
    assert {"scores", "pairs", "ledger", "faults", "changes", "duplicates", "conflicts"} <= {
        *tables
    }
    assert all(frame.is_empty() for name, frame in tables.items() if name != "id_steps")


@pytest.mark.usefixtures("marked")
def test_tables_are_typed_alike_whether_or_not_they_hold_rows(tmp_path: Path, engine: str) -> None:
    full = match_study(make_study(tmp_path / "full", _ALL_FATES, MOOD, CALM, **_EVERYTHING), engine)
    (row,) = (row for row in read_table(_ALL_FATES) if not row["id"] and row["state"] == "done")
    bare = match_study(make_study(tmp_path / "bare", [row], MOOD, CALM, **_EVERYTHING), engine)
    assert not full.tables["duplicates"].is_empty()
    assert not full.tables["conflicts"].is_empty()
    assert bare.tables.keys() == full.tables.keys()
    for name, table in full.tables.items():
        assert bare.tables[name].schema == table.schema, name
