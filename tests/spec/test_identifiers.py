"""How ids are made alike, and what is said about it."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peereval.identifiers import find_in_ids, id_steps, lost_digits, normalise
from peereval.studies import NORMALISE, NORMALISE_BY_DEFAULT, Study
from spec.lone_ids import draw_scores, make_ids_study
from support.tables import assert_table


def used(as_written: str | None, *steps: str) -> Any:
    return normalise(pl.Series([as_written], dtype=pl.String), steps).used[0]


# --- the steps, one by one


@pytest.mark.parametrize(
    "as_written",
    [" k1 ", "\tk1\n", "\u00a0k1\u00a0", "\ufeffk1", "k1\u200b", "\u200b \u2060k1\u202f\u00ad"],
)
def test_what_nobody_sees_around_an_id_is_always_removed(as_written: str) -> None:
    assert used(as_written) == "k1"


@pytest.mark.parametrize("as_written", [None, "", " ", "\u00a0", "\u200b", "\ufeff\t"])
def test_an_id_of_nothing_visible_is_none(as_written: str | None) -> None:
    assert used(as_written) is None
    assert used(as_written, *NORMALISE) is None


@pytest.mark.parametrize(
    ("as_written", "expected"),
    [
        ("１００１", "1001"),
        ("Ｋ１", "K1"),
        ("٣٤٥", "345"),
        ("k–1", "k-1"),
        ("k—1", "k-1"),
        ("k‑1", "k-1"),
        ("k−1", "k-1"),
        ("k\u00a01", "k 1"),
        ("k\u20031", "k 1"),
        ("k\u200b1", "k1"),
        ("e\u0301a1", "éa1"),
    ],
)
def test_unusual_characters_are_made_plain_ones(as_written: str, expected: str) -> None:
    assert used(as_written, "unicode") == expected
    assert used(as_written) == as_written


@pytest.mark.parametrize(
    ("as_written", "expected"),
    [
        ("1001.0", "1001"),
        ("1001.00", "1001"),
        ("7.0", "7"),
        ("1.001E+03", "1001"),
        ("1,001E+03", "1001"),
        ("1.0010e+03", "1001"),
        ("9E+00", "9"),
        ("1.23456789012e+11", "123456789012"),
    ],
)
def test_a_whole_number_is_written_as_such(as_written: str, expected: str) -> None:
    assert used(as_written, "number") == expected
    assert used(as_written) == as_written


@pytest.mark.parametrize(
    "as_written",
    [
        "1.23457E+11",  # digits are lost
        "1E+05",  # perhaps
        "1001.5",
        "1.000",  # a thousand, or one
        "12.000",
        "1,000",
        "1001,0",
        "1e5",  # an id
        "12E3",
        "0.5E+01",
        "-7.0",
        "k1.0",
    ],
)
def test_what_may_be_another_number_stays_as_it_is(as_written: str) -> None:
    assert used(as_written, "number") == as_written


def test_an_id_that_has_lost_digits_loses_no_point_either() -> None:
    assert used("1.23457E+11", *NORMALISE) == "1.23457E+11"


@pytest.mark.parametrize(("as_written", "expected"), [("k1", "K1"), ("ßé", "SSÉ"), ("ẞ", "SS")])
def test_small_letters_are_capitals(as_written: str, expected: str) -> None:
    assert used(as_written, "case") == expected


@pytest.mark.parametrize("as_written", ["ab 1-2_3/4.5", "ab12345", "ab–12\t345"])
def test_separators_inside_an_id_do_not_count(as_written: str) -> None:
    assert used(as_written, "separators") == "ab12345"


@pytest.mark.parametrize("as_written", ["-", " - ", "..", "/"])
def test_an_id_of_nothing_but_separators_keeps_them(as_written: str) -> None:
    assert used(as_written, "separators") == as_written.strip()


@pytest.mark.parametrize(
    ("as_written", "expected"),
    [("0012", "12"), ("007ab", "7ab"), ("000", "0"), ("0", "0"), ("a001", "a001"), ("10", "10")],
)
def test_zeros_that_an_id_begins_with_do_not_count(as_written: str, expected: str) -> None:
    assert used(as_written, "zeros") == expected


def test_steps_are_taken_in_their_own_order_and_only_those_that_are_named() -> None:
    assert used(" 0012.0 ", "zeros", "number") == "12"
    assert used("k１ ", "case") == "K１"
    assert used(" ps–00１ ", *NORMALISE_BY_DEFAULT) == "PS-001"


def test_each_reason_is_said_once_and_in_order() -> None:
    ids = pl.Series("id", ["K1", " k1", "１００1.0", None, ""])
    made = normalise(ids, NORMALISE_BY_DEFAULT)
    assert made.used.to_list() == ["K1", "K1", "1001", None, None]
    assert made.used.name == "id"
    assert made.reasons.to_list() == [
        "",
        "spaces around the id were removed; small letters were made capitals",
        "unusual characters were made plain ones; a whole number was written as such",
        "",
        "",
    ]


def test_ids_that_nothing_changes_are_not_copied() -> None:
    ids = pl.Series([f"PS-{n:04}" for n in range(100)])
    assert normalise(ids, NORMALISE_BY_DEFAULT).used is ids


def test_the_ids_that_were_given_stay_as_they_are() -> None:
    ids = pl.Series(["k1", "K2"])
    normalise(ids, ("case",))
    assert ids.to_list() == ["k1", "K2"]


_IDS = st.text(st.sampled_from("aZ0１9 .-–_eE+\u200b\u00a0éßŉ٣,"), max_size=9)


@given(st.lists(_IDS | st.none(), max_size=6), st.sets(st.sampled_from(NORMALISE)))
def test_an_id_made_alike_once_is_made_alike_for_good(
    ids: list[str | None], steps: set[str]
) -> None:
    once = normalise(pl.Series(ids, dtype=pl.String), sorted(steps)).used
    again = normalise(once, sorted(steps))
    assert again.used.to_list() == once.to_list()


@given(st.lists(_IDS, min_size=1, max_size=6), st.sets(st.sampled_from(NORMALISE)))
def test_a_reason_is_given_where_something_changed_and_only_there(
    ids: list[str], steps: set[str]
) -> None:
    made = normalise(pl.Series(ids, dtype=pl.String), sorted(steps))
    changed = [one != (other or "") for one, other in zip(ids, made.used, strict=True)]
    assert [bool(reason) for reason in made.reasons] == changed


@pytest.mark.parametrize(
    ("given_id", "lost"),
    [("1.23457E+11", True), ("1E+05", True), ("1.001E+03", False), ("1E5", False), (None, False)],
)
def test_ids_that_have_lost_digits_are_known(given_id: str | None, lost: bool) -> None:
    assert lost_digits(pl.Series([given_id], dtype=pl.String)).to_list() == [lost]


# --- what the steps did


def steps_of(drawn: str, study: Study) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Id steps of drawn rows, whose ids are as written; and the scores with ids as used."""
    written = draw_scores(drawn)
    made = normalise(written["respondent"], study.normalise)
    scores = written.with_columns(made.used.alias("respondent"))
    changed = written.select("row", pl.col("respondent").alias("as_written")).filter(
        made.reasons != ""
    )
    return id_steps(scores, changed, study), scores


_MESSY = """
    id       school  when
    k1       north   b1
    K1·      north   f1
    k2       north   b1
    K2       north   b1
    k2       north   f1
    k3       north   b1
    k4       north   f1
    1001.0   north   b1
    1001     north   f1
    -        north   f1
"""


def test_each_step_says_what_it_changed_joined_and_matched() -> None:
    study = make_ids_study(normalise=["trim", "number", "case"])
    steps, _ = steps_of(_MESSY, study)
    expected = """
        step        n_changed  n_joined  n_matched
        as_written  0          0         1
        trim        1          0         1
        number      1          0         2
        case        4          1         3
    """
    assert_table(steps, expected)


def test_where_no_id_changes_every_step_matches_the_same() -> None:
    drawn = """
        id  school  when
        K1  north   b1
        K1  north   f1
        K2  north   b1
    """
    steps, _ = steps_of(drawn, make_ids_study())
    assert steps["n_matched"].to_list() == [1] * 5
    assert steps["n_changed"].sum() == steps["n_joined"].sum() == 0


def test_a_respondent_counts_once_however_many_occasions_match() -> None:
    drawn = """
        id  school  when
        k1  north   b1
        K1  north   f1
        K1  north   b2
        k1  north   f2
        K2  north   f1
        K2  north   b2
    """
    study = make_ids_study(
        {"id": "short", "pairs": [["b1", "f1"], ["b2", "f2"]]},
        {"id": "long", "pairs": [["b1", "f2"]]},
    )
    steps, _ = steps_of(drawn, study)
    assert steps["n_matched"].to_list() == [1, 1, 1, 1, 1]


def test_rows_that_are_set_aside_neither_join_nor_match() -> None:
    drawn = """
        id  school  when  aside
        k1  north   b1    1
        K1  north   b1    -
        K1  north   f1    1
    """
    steps, _ = steps_of(drawn, make_ids_study())
    assert steps["n_joined"].sum() == 0
    assert steps["n_matched"].to_list() == [0] * 5


def test_where_ids_belong_to_an_organisation_those_of_another_are_others() -> None:
    drawn = """
        id  school  when
        k1  north   b1
        K1  south   b1
        K1  south   f1
        K1  -       f1
    """
    study = make_ids_study(id_scope="organisation")
    steps, _ = steps_of(drawn, study)
    assert steps["n_joined"].sum() == 0
    assert steps["n_matched"].to_list() == [1] * 5
    free, _ = steps_of(drawn, make_ids_study())
    assert free.filter(pl.col("step") == "case")["n_joined"].item() == 1


def test_ids_that_a_person_decided_are_a_step_of_their_own() -> None:
    scores = draw_scores("""
        id  school  when
        K1  north   b1
        K1  north   f1
    """)
    changed = pl.DataFrame({"row": [1], "as_written": ["kl"]})
    expected = """
        step        n_changed  n_matched
        as_written  0          0
        trim        0          0
        unicode     0          0
        number      0          0
        case        1          0
        decisions   1          1
    """
    assert_table(id_steps(scores, changed, make_ids_study()), expected)


def test_the_same_change_handed_over_twice_counts_once() -> None:
    scores = draw_scores("""
        id  school  when
        K1  north   b1
        K1  north   f1
    """)
    changed = pl.DataFrame({"row": [1, 1], "as_written": ["k1", "k1"]})
    assert id_steps(scores, changed, make_ids_study())["n_changed"].sum() == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["k1", "K1", "k2", "K2 ", "02", "2", "2.0", ""]),
            st.sampled_from(["north", "south", ""]),
            st.sampled_from(["b1", "f1", "f2"]),
        ),
        min_size=1,
        max_size=14,
    ),
    st.sampled_from(["study", "organisation"]),
    st.sets(st.sampled_from(NORMALISE)),
)
def test_steps_are_counted_as_if_everything_were_done_again_after_each(
    rows: list[tuple[str, str, str]], scope: str, steps: set[str]
) -> None:
    study = make_ids_study(
        {"id": "short", "pairs": [["b1", "f1"]]},
        {"id": "long", "pairs": [["b1", "f2"]]},
        id_scope=scope,
        normalise=sorted(steps),
    )
    header = "id | school | when\n"
    drawn = header + "\n".join(
        " | ".join(cell.replace(" ", "·") or "-" for cell in row) for row in rows
    )
    got, _ = steps_of(drawn, study)
    done: list[str] = []
    for step, _, _, n_matched in got.iter_rows():
        done.append(step)
        ids = normalise(pl.Series([row[0] for row in rows]), done).used if len(done) > 1 else None
        keys = [
            (ids[n] if ids is not None else row[0], row[1] if scope == "organisation" else "")
            for n, row in enumerate(rows)
        ]
        given_at: dict[str, set[tuple[str, str]]] = {"b1": set(), "f1": set(), "f2": set()}
        for (_, school, when), key in zip(rows, keys, strict=True):
            if key[0] and (school or scope == "study"):
                given_at[when].add(key)
        both = (given_at["b1"] & given_at["f1"]) | (given_at["b1"] & given_at["f2"])
        assert n_matched == len(both), step


# --- findings


def findings(drawn: str, study: Study) -> dict[str, list[Any]]:
    steps, scores = steps_of(drawn, study)
    found: dict[str, list[Any]] = {}
    for fault in find_in_ids(scores, steps, study):
        found.setdefault(fault.code, []).append(fault)
    return found


def test_changed_and_joined_ids_are_found_without_an_id() -> None:
    found = findings(_MESSY, make_ids_study(normalise=["trim", "number", "case"]))
    assert set(found) == {"ID001", "ID002"}
    (changed,), (joined,) = found["ID001"], found["ID002"]
    assert changed.count == 6
    assert "1 by trim, 1 by number, 4 by case; 2 more" in changed.found
    assert joined.count == 1
    assert "'case'" in joined.found
    assert not any(name in str(fault) for fault in (changed, joined) for name in ("k1", "K2"))


def test_ids_that_need_no_change_are_no_finding() -> None:
    drawn = """
        id  school  when
        K1  north   b1
        K1  north   f1
    """
    assert findings(drawn, make_ids_study()) == {}


def test_a_step_that_is_not_taken_says_how_many_more_it_would_match() -> None:
    drawn = """
        id     school  when
        K-1    north   b1
        K1     north   f1
        K-2    north   b1
        K2     north   f1
        0012   north   b1
        12     north   f1
        K3     north   b1
        K3     north   f1
    """
    told = findings(drawn, make_ids_study())["ID008"]
    assert [(fault.count, fault.found) for fault in told] == [
        (2, "2 more respondents would be found at both occasions with the step 'separators'"),
        (1, "1 more respondent would be found at both occasions with the step 'zeros'"),
    ]
    assert findings(drawn, make_ids_study(normalise=list(NORMALISE)))["ID001"]
    assert "ID008" not in findings(drawn, make_ids_study(normalise=list(NORMALISE)))
