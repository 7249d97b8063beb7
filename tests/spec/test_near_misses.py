"""Ids so alike that one may be a typing error of the other."""

import itertools

import polars as pl
import pytest

from peereval.columns import names
from peereval.identifiers import has_check_character
from peereval.issuing import issue_ids
from peereval.near_misses import accepting, alike, finding
from peereval.near_misses.alike import KINDS, typing_keys
from peereval.near_misses.explaining import confirm
from spec.lone_ids import draw_scores, find, make_ids_study, write_lone_ledger
from support.tables import Row, assert_table

PLAIN = make_ids_study(normalise=["trim"])


def at(when: str, *ids: str, school: str = "north", **known: str) -> list[Row]:
    return [{"id": name, "when": when, "school": school, **known} for name in ids]


#: Ids that nothing is alike to, given at both occasions.
SPARSE = [f"Q{n * 7919 % 100_000:05}" for n in range(1, 101)]


def sparse() -> list[Row]:
    return at("b1", *SPARSE) + at("f1", *SPARSE)


def two(before: str, after: str) -> list[Row]:
    return at("b1", before) + at("f1", after)


# --- what is alike, and how


@pytest.mark.parametrize(
    ("before", "after", "kind", "explanation"),
    [
        ("AB１２３4", "AB1234", "unusual_characters", "the same but for unusual characters"),
        ("1234567.0", "1234567", "number", "the same number, written in two ways"),
        ("AB1234", "ab1234", "case", "the same but for capitals"),
        ("AB-1234", "AB 1234", "spacing", "the same but for spaces, dashes or points"),
        ("AB-1234", "ab1234", "spacing", "the same but for spaces, dashes or points"),
        ("0012", "12", "dropped_zero", "a number begins with fewer zeros in the later id"),
        ("7", "007", "dropped_zero", "a number begins with fewer zeros in the earlier id"),
        ("PS-130-89", "PS-0130-0089", "dropped_zero", "fewer zeros in the earlier id"),
        ("KD1084", "KDI084", "lookalike", "look-alikes: I for 1"),
        ("K01084", "KO1O84", "lookalike", "look-alikes: O for 0"),
        ("KS1Z84", "K5l284", "lookalike", "look-alikes: 5 for S, L for 1, 2 for Z"),
        ("KB6143", "К8G143", "lookalike", "look-alikes: К for K, 8 for B, G for 6"),
        ("KD1947", "KD1497", "swapped_neighbours", "94 is 49 in the later id"),
        ("KD1947", "DK1947", "swapped_neighbours", "KD is DK in the later id"),
        ("KD1947", "KD19947", "repeated_character", "9 is doubled in the later id"),
        ("KD1994", "KD194", "repeated_character", "9 is doubled in the earlier id"),
        ("PS-0130-0089", "PC-0130-0089", "wrong_prefix", "the same number with another beginning"),
        ("0130-0089", "PS-0130-0089", "wrong_prefix", "the same number with another beginning"),
        ("KD1947", "KD1937", "one_character", "4 is 3 in the later id"),
        ("KDAXPW", "KDAXPM", "one_character", "W is M in the later id"),
        ("KD1947", "KD147", "dropped_character", "there is no 9 in the later id"),
        ("KD194", "KD1947", "added_character", "there is no 7 in the earlier id"),
    ],
)
def test_two_ids_are_alike_in_one_way(before: str, after: str, kind: str, explanation: str) -> None:
    found = find(two(before, after), PLAIN)
    (row,) = found.table.iter_rows(named=True)
    assert (row["before_id"], row["after_id"], row["kind"]) == (before, after, kind)
    assert row["explanation"].endswith(explanation)
    assert row["suggested"]
    assert found.n_unlisted == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("KD1947", "KD1836"),
        ("KD1947", "DK1974"),
        ("KD1947", "KD47"),
        ("KD1947", "KX19947"),
        ("123", "124"),  # one of three
        ("123", "132"),
        ("123", "1234"),
        ("A12", "B12"),
        ("AXPWM34", "BRTYN34"),  # two digits are no number
        ("KDAX1234", "PWMR1234"),  # as many letters as digits
        ("KD1947", "47KD19"),
    ],
)
def test_ids_that_differ_in_more_are_strangers(before: str, after: str) -> None:
    found = find(two(before, after), PLAIN)
    assert found.table.is_empty()
    assert found.findings == ()


def test_a_way_of_writing_that_the_study_makes_alike_is_no_near_miss() -> None:
    study = make_ids_study(normalise=["trim", "case", "separators", "zeros"])
    rows = two("KD1947", "KD1937")
    (row,) = find(rows, study).table.iter_rows(named=True)
    assert row["kind"] == "one_character"


def test_an_id_with_another_organisation_s_beginning_is_alike() -> None:
    usual = [f"PS-0130-{n}" for n in (1041, 2753, 3319, 4622, 5877)]
    rows = at("b1", *usual, "PS-0130-8964") + at("f1", *usual, "PS-0462-8964")
    (row,) = find(rows, PLAIN).table.iter_rows(named=True)
    assert (row["before_id"], row["after_id"]) == ("PS-0130-8964", "PS-0462-8964")
    assert row["kind"] == "wrong_prefix"


def test_two_unusual_beginnings_are_not_alike() -> None:
    usual = [f"PS-0130-{n}" for n in (1041, 2753, 3319, 4622, 5877)]
    rows = at("b1", *usual, "PS-0517-8964") + at("f1", *usual, "PS-0462-8964")
    assert find(rows, PLAIN).table.is_empty()


def test_an_id_that_is_very_long_is_compared_as_a_whole_only() -> None:
    word = "AXPW" * 30
    assert find(two(word, word[:-1] + "M"), PLAIN).table.is_empty()
    assert find(two(word, word.lower()), PLAIN).table.height == 1


# --- who is compared with whom


def test_what_is_found_does_not_depend_on_how_much_is_held_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All keys and places together, some places at a time, or one."""
    before = ["KA34567", "MN-8123", "RT90241", "PW73120", "HQ55018", "VX61093", "K", "Q" * 60]
    after = ["AK34567", "mn8123", "RT902241", "PW7120", "HQ55O18", "VX61098", "KK", "Q" * 59]
    pairs = at("b1", *before, *SPARSE) + at("f1", *after, *SPARSE)
    whole = find(pairs, PLAIN).table
    kinds = ("swapped_neighbours", "spacing", "repeated_character", "dropped_character",
             "lookalike", "one_character")  # fmt: skip
    assert sorted(whole["kind"]) == sorted(kinds)
    for at_once in (0, 300, 2_000):
        monkeypatch.setattr(alike, "_AT_ONCE", at_once)
        assert find(pairs, PLAIN).table.equals(whole)


def test_keys_do_not_multiply_with_the_length_of_ids() -> None:
    """Every key is an expression, and thousands of small ones took longer than what they did."""
    assert len(list(typing_keys())) < 20


def test_ids_are_compared_inside_their_organisation_only() -> None:
    rows = at("b1", "KD1947") + at("f1", "KD1937", school="south")
    assert find(rows, PLAIN).table.is_empty()


def test_an_id_of_no_known_organisation_is_compared_with_all() -> None:
    rows = at("b1", "KD1947") + at("f1", "KD1937", school="") + at("b1", "KD1927", school="south")
    rows += sparse()
    expected = """
        organisation  before_id  after_id
        north         KD1947     KD1937
        south         KD1927     KD1937
    """
    assert_table(find(rows, PLAIN).table, expected)
    back = at("b1", "KD1947", school="") + at("f1", "KD1937") + at("f1", "KD1927", school="")
    back += sparse()
    expected = """
        organisation  before_id  after_id
        north         KD1947     KD1937
        -             KD1947     KD1927
    """
    assert_table(find(back, PLAIN).table, expected)


def test_a_respondent_of_another_questionnaire_version_is_nobody_s_near_miss() -> None:
    rows = at("b1", "KD1947", version="young") + at("f1", "KD1937", version="old")
    assert find(rows, PLAIN).table.is_empty()


def test_only_ids_without_a_match_are_compared() -> None:
    rows = at("b1", "KD1947", "KD1937", "KX5533") + at("f1", "KD1937", "KX5534") + sparse()
    expected = """
        before_id  after_id
        KX5533     KX5534
    """
    assert_table(find(rows, PLAIN).table, expected)


def test_rows_that_are_set_aside_are_not_compared() -> None:
    rows = at("b1", "KD1947") + at("f1", "KD1937", aside="1")
    assert find(rows, PLAIN).table.is_empty()


def test_a_pair_is_listed_once_for_each_two_occasions() -> None:
    study = make_ids_study(
        {"id": "short", "pairs": [["b1", "f1"]]},
        {"id": "again", "pairs": [["b1", "f1"]]},
        {"id": "long", "pairs": [["b1", "f2"]]},
        normalise=["trim"],
    )
    rows = at("b1", "KD1947") + at("f1", "KD1937") + at("f2", "KD1937")
    expected = """
        before  after  before_id  after_id  before_row  after_row  n_candidates
        b1      f1     KD1947     KD1937    2           3          1
        b1      f2     KD1947     KD1937    2           4          1
    """
    assert_table(find(rows, study).table, expected)


def test_pairs_of_occasions_are_the_same_together_and_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = make_ids_study(
        {"id": "short", "pairs": [["b1", "f1"]]},
        {"id": "long", "pairs": [["b1", "f2"]]},
        normalise=["trim"],
        check_character=True,
    )
    rows = sparse() + at("f2", *SPARSE, "KD1937", ISSUED[0])
    rows += at("b1", "KD1947", ISSUED[1]) + at("f1", "KD1937", ISSUED[2])
    # Neighbours in a row at the first two occasions.
    rows += dense(20, "b1", {7}, school="south") + dense(20, "f1", {9}, school="south")
    together = find(rows, study)
    assert together.table.select("after", "after_id").rows() == [
        ("f1", "KD1937"),
        ("f2", "KD1937"),
    ]
    assert together.n_unlisted > 0
    monkeypatch.setattr(finding, "_FEW", 0)
    one_by_one = find(rows, study)
    assert one_by_one.table.equals(together.table)
    assert one_by_one.n_unlisted == together.n_unlisted
    assert one_by_one.findings == together.findings


def test_an_id_that_is_matched_in_another_wave_of_the_comparison_is_not_alone() -> None:
    study = make_ids_study(
        {"id": "short", "pairs": [["b1", "f1"], ["b2", "f2"]]}, normalise=["trim"]
    )
    rows = at("b1", "KD1947") + at("f1", "KD1947") + at("b2", "KD1947") + at("f2", "KD1937", "KX55")
    assert find(rows, study).table.is_empty()


def test_ids_that_were_given_together_at_any_occasion_are_two_respondents() -> None:
    study = make_ids_study(
        {"id": "short", "pairs": [["b1", "f1"]]},
        {"id": "long", "pairs": [["b1", "f2"]]},
        normalise=["trim"],
    )
    rows = at("b1", "KD1947") + at("f1", "KD1937") + at("f2", "KD1937", "KD1947")
    assert find(rows, study).table.is_empty()


def test_the_same_id_in_another_organisation_is_near_where_ids_belong_to_one() -> None:
    study = make_ids_study(id_scope="organisation", normalise=["trim"])
    rows = at("b1", "KD1947") + at("f1", "KD1947", school="south")
    (row,) = find(rows, study).table.iter_rows(named=True)
    assert row["kind"] == "other_organisation"
    assert row["organisation"] == "north"
    assert row["explanation"] == "the same id in another organisation at the later occasion: south"


def test_numbers_that_every_organisation_gives_are_no_near_misses_of_each_other() -> None:
    study = make_ids_study(id_scope="organisation", normalise=["trim"])
    schools = [f"s{n}" for n in range(30)]
    rows = [
        row
        for n, school in enumerate(schools)
        for when, left_out in (("b1", n % 9), ("f1", (n + 4) % 9))
        for row in at(when, *(str(100 + i) for i in range(9) if i != left_out), school=school)
    ]
    found = find(rows, study)
    assert found.table.is_empty()
    assert found.n_unlisted > 0
    assert [fault.code for fault in found.findings] == ["ID005"]


# --- evidence


def test_what_is_known_of_both_speaks_for_or_against() -> None:
    study = make_ids_study(characteristics="year_group gender born", normalise=["trim"])
    rows = [
        *at("b1", "KD1947", year_group="Year 5", gender="Female", born="2009-01-30"),
        *at("f1", "KD1937", year_group="year 5.", gender="Male", born=""),
    ]
    (row,) = find(rows, study).table.iter_rows(named=True)
    assert (row["agree"], row["differ"], row["suggested"]) == ("year_group", "gender", False)


@pytest.mark.parametrize(
    ("later", "agree", "differ"),
    [
        ("Year 5", "year_group", ""),
        ("Year 6", "", ""),
        ("Year 7", "", "year_group"),
        ("Year 4", "", "year_group"),
        ("Sixth form", "", "year_group"),
    ],
)
def test_the_next_year_group_is_not_against(later: str, agree: str, differ: str) -> None:
    study = make_ids_study(characteristics="year_group", normalise=["trim"])
    rows = at("b1", "KD1947", year_group="Year 5") + at("f1", "KD1937", year_group=later)
    (row,) = find(rows, study).table.iter_rows(named=True)
    assert (row["agree"], row["differ"]) == (agree, differ)


def test_only_the_characteristics_that_are_evidence_are_compared() -> None:
    study = make_ids_study(characteristics="gender eyes", evidence=["gender"], normalise=["trim"])
    rows = [
        *at("b1", "KD1947", gender="Female", eyes="blue"),
        *at("f1", "KD1937", gender="Female", eyes="brown"),
    ]
    (row,) = find(rows, study).table.iter_rows(named=True)
    assert (row["agree"], row["differ"]) == ("gender", "")


def test_of_several_candidates_the_one_with_most_in_its_favour_is_suggested() -> None:
    study = make_ids_study(characteristics="year_group gender", normalise=["trim"])
    girl = {"year_group": "Year 5", "gender": "Female"}
    others = [
        row | {"year_group": f"Year {n % 4 + 3}", "gender": ("Female", "Male")[n % 3 // 2]}
        for n, row in enumerate(sparse())
    ]
    rows = [
        *at("b1", "KD1947", **girl),
        *at("f1", "KD1937", **girl),
        *at("f1", "KD1957", **(girl | {"gender": ""})),
        *at("f1", "KD194", **(girl | {"gender": "Male"})),
        *others,
    ]
    expected = """
        before_id  after_id  agree               differ  n_candidates  suggested
        KD1947     KD1937    year_group,·gender  -       3             yes
        KD1947     KD1957    year_group          -       3             no
        KD1947     KD194     year_group          gender  3             no
    """
    assert_table(find(rows, study).table, expected)


def test_of_two_candidates_alike_in_everything_none_is_suggested() -> None:
    found = find(at("b1", "KD1947") + at("f1", "KD1937", "KD1957") + sparse(), PLAIN)
    assert found.table["suggested"].to_list() == [False, False]


# --- dense ids


def dense(n: int, when: str, gone: set[int], **known: str) -> list[Row]:
    return at(when, *(f"PS-{i:04}" for i in range(1, n + 1) if i not in gone), **known)


def test_neighbours_in_a_row_of_numbers_are_counted_and_not_listed() -> None:
    rows = dense(200, "b1", set(range(5, 200, 9))) + dense(200, "f1", set(range(2, 200, 9)))
    found = find(rows, PLAIN)
    assert found.table.is_empty()
    assert found.n_unlisted > 10
    (fault,) = found.findings
    assert (fault.code, fault.count) == ("ID005", found.n_unlisted)
    assert "PS-" not in str(fault)


def test_even_a_single_neighbour_in_a_row_of_numbers_says_nothing() -> None:
    found = find(dense(200, "b1", {88}) + dense(200, "f1", {89}), PLAIN)
    assert found.table.is_empty()
    assert found.n_unlisted == 1


def test_a_kind_that_is_rare_among_dense_ids_is_listed_all_the_same() -> None:
    rows = dense(200, "b1", set()) + dense(200, "f1", {101}) + at("f1", "PS-O1OI")
    (row,) = find(rows, PLAIN).table.iter_rows(named=True)
    assert (row["before_id"], row["after_id"]) == ("PS-0101", "PS-O1OI")
    assert (row["kind"], row["suggested"]) == ("lookalike", True)


def test_a_few_ids_in_a_row_are_judged_by_all_organisations() -> None:
    rows = [
        row
        for school in ("east", "west")
        for when in ("b1", "f1")
        for row in dense(100, when, set(), school=school)
    ]
    rows += at("b1", "PS-0803") + at("f1", "PS-0807")
    found = find(rows, PLAIN)
    assert found.table.is_empty()
    assert found.n_unlisted == 1


def born(row: Row) -> Row:
    number = int(row["id"].removeprefix("PS-"))
    day = f"2009-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return row | {"gender": "Female" if number % 2 else "Male", "born": day}


def test_a_neighbour_with_the_same_date_of_birth_is_listed_and_suggested() -> None:
    rows = [born(row) for row in dense(200, "b1", {88}) + dense(200, "f1", {89})]
    (lost,) = (row for row in rows if row["id"] == "PS-0089")
    (found,) = (row for row in rows if row["id"] == "PS-0088")
    found |= {name: lost[name] for name in ("gender", "born")}
    study = make_ids_study(characteristics="gender born", normalise=["trim"])
    (row,) = find(rows, study).table.iter_rows(named=True)
    assert (row["before_id"], row["after_id"], row["agree"]) == (
        "PS-0089",
        "PS-0088",
        "gender, born",
    )
    assert row["suggested"]


@pytest.mark.parametrize("differs", ["gender", "born"])
def test_a_neighbour_of_whom_anything_differs_is_not_listed(differs: str) -> None:
    rows = [born(row) for row in dense(200, "b1", {88}) + dense(200, "f1", {89})]
    (lost,) = (row for row in rows if row["id"] == "PS-0089")
    (found,) = (row for row in rows if row["id"] == "PS-0088")
    found |= {"gender": lost["gender"], "born": lost["born"], differs: "Other"}
    study = make_ids_study(characteristics="gender born", normalise=["trim"])
    assert find(rows, study).table.is_empty()


def test_of_several_neighbours_the_one_with_the_same_date_of_birth_is_listed() -> None:
    rows = [born(row) for row in dense(200, "b1", {84, 85, 88}) + dense(200, "f1", {89})]
    (lost,) = (row for row in rows if row["id"] == "PS-0089")
    (found,) = (row for row in rows if row["id"] == "PS-0088")
    found["born"] = lost["born"]
    study = make_ids_study(characteristics="born", normalise=["trim"])
    (row,) = find(rows, study).table.iter_rows(named=True)
    assert (row["after_id"], row["n_candidates"], row["agree"]) == ("PS-0088", 1, "born")


def test_one_of_many_candidates_agrees_too_easily() -> None:
    # One in five has the same word; of one candidate that would be little, of four it is nothing.
    def known(row: Row) -> Row:
        number = int(row["id"].removeprefix("PS-"))
        return row | {"form": "ABCDE"[number % 5], "town": "ABCDE"[number // 5 % 5]}

    study = make_ids_study(characteristics="form town", normalise=["trim"])
    for gone, n_listed in (({94}, 1), ({92, 93, 94, 95}, 0)):
        rows = [known(row) for row in dense(200, "b1", gone) + dense(200, "f1", {99})]
        (lost,) = (row for row in rows if row["id"] == "PS-0099")
        (found,) = (row for row in rows if row["id"] == "PS-0094")
        found |= {name: lost[name] for name in ("form", "town")}
        assert find(rows, study).table.height == n_listed


def test_a_neighbour_of_the_same_gender_is_not() -> None:
    rows = [born(row) for row in dense(200, "b1", {87}) + dense(200, "f1", {89})]
    study = make_ids_study(characteristics="gender", normalise=["trim"])
    assert find(rows, study).table.is_empty()


def test_a_kind_that_is_not_so_rare_is_listed_but_needs_evidence_to_be_suggested() -> None:
    # Four of a hundred ids have a neighbour at their own occasion.
    close = ["KA1111", "KA1112", "KB2221", "KB2222"]
    rows = sparse() + at("b1", *close) + at("f1", *close)
    rows += at("b1", "KX5533") + at("f1", "KX5543")
    (row,) = find(rows, PLAIN).table.iter_rows(named=True)
    assert (row["before_id"], row["suggested"]) == ("KX5533", False)
    study = make_ids_study(characteristics="born", normalise=["trim"])
    days = [row | {"born": f"2009-01-{n % 20 + 10}"} for n, row in enumerate(rows[:-2])]
    same = [row | {"born": "2009-01-01"} for row in rows[-2:]]
    (row,) = find(days + same, study).table.iter_rows(named=True)
    assert (row["agree"], row["suggested"]) == ("born", True)


def test_ids_in_a_crowd_are_counted_and_not_paired() -> None:
    # The number of twelve pupils under as many letters, in a school of three hundred.
    others = [f"Q{n * 7919 % 100_000:05}" for n in range(1, 301)]
    crowd = [f"{letter}45454" for letter in "ACDEFHJKMNPR"]
    rows = at("b1", *others, *crowd) + at("f1", *others, "X45454")
    found = find(rows, PLAIN)
    assert found.table.is_empty()
    assert found.n_unlisted == len(crowd)
    (row,) = find([*rows, *at("b1", "X45455")], PLAIN).table.iter_rows(named=True)
    assert (row["before_id"], row["suggested"]) == ("X45455", False)


def test_what_the_keys_find_is_confirmed_by_the_distance_between_the_ids() -> None:
    pairs = pl.DataFrame(
        {
            "kind": [KINDS.index("one_character")] * 2 + [KINDS.index("wrong_prefix")],
            "before_form": ["KX5533", "KX5533", "AB12345"],
            "after_form": ["KX5543", "KX5644", "CD12345"],
        },
        schema_overrides={"kind": pl.UInt8},
    )
    assert confirm(pairs)["after_form"].to_list() == ["KX5543", "CD12345"]


# --- check characters


CHECKED = make_ids_study(check_character=True)
ISSUED = issue_ids(["north"], 400, seed=5)["id"].to_list()


def test_an_issued_id_typed_wrong_is_near_its_own() -> None:
    right = ISSUED[0]
    wrong = right[:3] + ("9" if right[3] != "9" else "7") + right[4:]
    found = find(at("b1", *ISSUED[:50]) + at("f1", wrong, *ISSUED[1:50]), CHECKED)
    (row,) = found.table.iter_rows(named=True)
    assert (row["before_id"], row["after_id"], row["suggested"]) == (right, wrong, True)
    assert row["explanation"].endswith("in the later id; the later id fails its check character")


def test_two_issued_ids_are_two_respondents_however_alike() -> None:
    beginnings = itertools.permutations("CFHJKMPRTWX", 2)
    same = [name for two in beginnings if (name := "".join(two) + "234567") and passes(name)]
    one, other = same[0], next(name for name in same if not {*name[:2]} & {*same[0][:2]})
    assert find(at("b1", one) + at("f1", other), make_ids_study()).table.height == 1
    assert find(at("b1", one) + at("f1", other), CHECKED).table.is_empty()


def passes(name: str) -> bool:
    return bool(has_check_character(pl.Series([name])).item())


def test_an_issued_id_without_its_dash_is_near_all_the_same() -> None:
    found = find(at("b1", ISSUED[0]) + at("f1", ISSUED[0].replace("-", "")), CHECKED)
    assert found.table["kind"].to_list() == ["spacing"]


def test_strangers_are_told_from_typing_errors() -> None:
    found = find(at("b1", *ISSUED[:3], "KD1947") + at("f1", ISSUED[4]), CHECKED)
    (fault,) = found.findings
    assert (fault.code, fault.count) == ("ID007", 4)


# --- the table


def test_the_table_has_every_column_and_nothing_is_decided_yet() -> None:
    table = find(two("KD1947", "KD1937"), PLAIN).table
    assert table.columns == names("near_misses")
    assert table.select("decision", "decided_by", "decided_on").row(0) == ("", "", "")
    empty = find(two("KD1947", "XX"), PLAIN).table
    assert empty.schema == table.schema


def test_a_study_without_near_misses_has_none() -> None:
    study = make_ids_study(normalise=["trim"], near_misses=False)
    found = find(two("KD1947", "KD1937"), study)
    assert (found.table.height, found.findings, found.n_unlisted) == (0, (), 0)


def test_near_misses_are_counted_by_kind_without_an_id() -> None:
    rows = at("b1", "KD1947", "KX5533", "AWMP22") + at("f1", "KD1937", "KX5543", "AWPM22")
    (fault,) = find(rows, PLAIN).findings
    assert (fault.code, fault.count) == ("ID003", 3)
    assert "2 one character, 1 swapped neighbours" in fault.found
    assert "KD19" not in str(fault)


def test_a_survey_without_a_single_row_has_no_near_misses() -> None:
    scores = draw_scores([])
    ledger = write_lone_ledger(scores, PLAIN)
    assert ledger.is_empty()
    assert find([], PLAIN).table.is_empty()


def test_what_was_rejected_before_is_listed_as_that() -> None:
    rows = at("b1", "KD1947", "KX5533") + at("f1", "KD1937", "KX5543")
    words = {"decision": "reject", "decided_by": "Ada", "decided_on": "2026-11-20"}
    decisions = (
        find(rows, PLAIN)
        .table.head(1)
        .with_columns(pl.lit(word).alias(name) for name, word in words.items())
    )
    found = find(rows, PLAIN, decisions)
    expected = """
        before_id  suggested  decision  decided_by  decided_on
        KD1947     no         reject    Ada         2026-11-20
        KX5533     yes        -         -           -
    """
    assert_table(found.table, expected)
    assert found.findings[0].count == 1
    assert accepting(found.table, PLAIN, draw_scores(rows))["before_id"].to_list() == ["KX5533"]


# --- if all were accepted


def test_as_many_as_fit_together_are_accepted_the_best_first() -> None:
    study = make_ids_study(characteristics="gender", normalise=["trim"])
    rows = [
        *at("b1", "KD1947", "KD1948", gender="Female"),
        *at("f1", "KD1937", gender="Male"),
        *at("f1", "KD1957", gender="Female"),
        *at("f1", "KD1958", gender="Female"),
        *sparse(),
    ]
    table = find(rows, study).table
    # 1947 is near 1937 and 1957, 1948 near 1958 alone.
    expected = """
        before_id  after_id
        KD1947     KD1957
        KD1948     KD1958
    """
    accepted = accepting(table, study, draw_scores(rows))
    assert_table(accepted, expected)
    assert set(accepted["decision"]) == {"accept"}


def test_a_response_is_not_moved_and_given_another_id_as_well() -> None:
    study = make_ids_study(id_scope="organisation", normalise=["trim"])
    rows = at("b1", "KD1947") + at("b1", "KD1937", school="south")
    rows += at("f1", "KD1947", school="south")
    table = find(rows, study).table
    assert table["kind"].to_list() == ["other_organisation", "one_character"]
    assert accepting(table, study, draw_scores(rows))["kind"].to_list() == ["one_character"]


def test_what_is_contradicted_is_accepted_where_nothing_better_is_there() -> None:
    study = make_ids_study(characteristics="gender", normalise=["trim"])
    rows = at("b1", "KD1947", gender="Female") + at("f1", "KD1937", gender="Male")
    assert accepting(find(rows, study).table, study, draw_scores(rows)).height == 1


def test_ids_that_were_both_given_at_an_occasion_are_not_taken_as_one_by_a_third() -> None:
    waves = (
        {"id": before, "pairs": [[before, after]]} for before, after in (("b1", "f1"), ("f1", "b2"))
    )
    study = make_ids_study(*waves, normalise=["trim"])
    # 1947 is near 1937 and that near 1957, but 1947 and 1957 both answered at f2.
    rows = at("b1", "KD1947") + at("f1", "KD1937") + at("b2", "KD1957")
    table = find(rows, study).table
    accepted = accepting(table, study, draw_scores(rows))
    assert accepted["after_id"].to_list() == ["KD1937", "KD1957"]
    both = draw_scores(rows + at("f2", "KD1947", "KD1957"))
    assert accepting(table, study, both)["after_id"].to_list() == ["KD1937"]
