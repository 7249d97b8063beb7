"""What a person decided about near misses: read, refused and applied."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.columns import names
from peereval.decisions import (
    apply_decisions,
    find_stale,
    for_a_spreadsheet,
    given_ids,
    read_decisions,
    refuse_two_at_once,
)
from peereval.errors import DecisionError
from peereval.formulas import harmless
from peereval.near_misses import accepting
from peereval.pipeline import match_study
from peereval.studies import load_study
from reading.small_survey import tidy_rows, with_near_miss, write_small_survey
from spec.lone_ids import draw_scores, find, make_ids_study
from support.tables import assert_table, read_table, write_csv

STUDY = make_ids_study()
SIGNED = {"decided_by": "Ada", "decided_on": "2026-11-20"}

ONE = """
    organisation  before  after  before_id  after_id  decision
    north         b1      f1     K1         K7        accept
"""


def decide(folder: Path, drawn: str, **others: Any) -> pl.DataFrame:
    """Decisions drawn as a table, written, and read again; signed unless they say otherwise."""
    rows = [SIGNED | row | others for row in read_table(drawn)]
    write_csv(rows, folder / "near_misses.csv")
    return read_decisions(folder / "near_misses.csv", STUDY)


def refused(folder: Path, drawn: str, **others: Any) -> dict[str, str]:
    with pytest.raises(DecisionError) as error:
        decide(folder, drawn, **others)
    assert error.value.exit_code == 17
    return {fault.code: fault.rows for fault in error.value.faults}


# --- reading


def test_decisions_are_read_with_their_rows(tmp_path: Path) -> None:
    drawn = """
        organisation  before  after  before_id  after_id  decision  decided_by
        north         b1      f1     K1         K7        Accept    Ada
        north         b1      f1     K2         K8        reject    -
        -             b1      f1     K3         K9        -         -
    """
    expected = """
        table_row  organisation  before_id  after_id  decision  decided_by  decided_on  kind
        2          north         K1         K7        accept    Ada         2026-11-20  -
        3          north         K2         K8        reject    -           2026-11-20  -
        4          -             K3         K9        -         -           2026-11-20  -
    """
    assert_table(decide(tmp_path, drawn), expected)


def test_decisions_come_back_from_a_spreadsheet_in_its_own_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "decided.csv"
    text = (
        "organisation;before;after;before_id;after_id;decision;decided_by;decided_on\r\n"
        "Sch\u00fcle;b1;f1;K1;K7;accept;Ada;2026-11-20\r\n"
    )
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    (row,) = read_decisions(path, STUDY).iter_rows(named=True)
    assert (row["organisation"], row["after_id"], row["decision"]) == ("Schüle", "K7", "accept")


def test_decisions_may_be_a_workbook_with_a_real_date(tmp_path: Path) -> None:
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    heading = ["organisation", "before", "after", "before_id", "after_id", "decision"]
    book.active.append([*heading, "decided_by", "decided_on"])
    book.active.append(["north", "b1", "f1", "K1", "K7", "accept", "Ada", datetime(2026, 11, 20)])
    book.save(tmp_path / "decided.xlsx")
    (row,) = read_decisions(tmp_path / "decided.xlsx", STUDY).iter_rows(named=True)
    assert (row["decided_on"], row["decision"]) == ("2026-11-20", "accept")


@pytest.mark.parametrize(
    "name",
    [
        "0012",
        "1234567890123",
        "1E05",
        "12.10",
        "3-4",
        "03/04/2018",
        "mar1",
        "1-Sep",
        "true",
        "=1+1",
        "@k",
        "-k1",
    ],
)
def test_an_id_that_a_spreadsheet_would_change_comes_back_as_it_was(
    tmp_path: Path, name: str
) -> None:
    table = find([{"id": "KX1947", "when": "b1"}, {"id": "KX1937", "when": "f1"}], STUDY).table
    table = table.with_columns(
        pl.lit(name).alias("before_id"),
        pl.lit("accept").alias("decision"),
        *(pl.lit(word).alias(column) for column, word in SIGNED.items()),
    )
    path = tmp_path / "near_misses.csv"
    written = harmless(for_a_spreadsheet(table))
    assert written["before_id"].item().startswith("'")
    assert written["after_id"].item() == "KX1937"
    written.write_csv(path)
    assert read_decisions(path, STUDY)["before_id"].item() == name


def test_a_column_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    write_csv([{"before": "b1", "after": "f1"}], tmp_path / "near_misses.csv")
    with pytest.raises(DecisionError) as error:
        read_decisions(tmp_path / "near_misses.csv", STUDY)
    (fault,) = error.value.faults
    assert fault.code == "DEC001"
    assert "'before_id'" in fault.found
    assert "'after_id'" in fault.found


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DecisionError) as error:
        read_decisions(tmp_path / "near_misses.csv", STUDY)
    assert [fault.code for fault in error.value.faults] == ["SRC001"]


def test_a_table_without_a_near_miss_is_no_decision(tmp_path: Path) -> None:
    table = find([{"id": "KX1947", "when": "b1"}], STUDY).table
    table.write_csv(tmp_path / "near_misses.csv")
    decisions = read_decisions(tmp_path / "near_misses.csv", STUDY)
    assert decisions.is_empty()
    frame = draw_scores(ROWS)
    assert apply_decisions(frame, decisions, STUDY).frame.equals(frame)


def test_every_wrong_row_is_found_at_once(tmp_path: Path) -> None:
    drawn = """
        organisation  before  after  before_id  after_id  decision  decided_by  decided_on
        north         b1      f1     K1         K7        yes       Ada         2026-11-20
        north         b1      f1     K2         K8        accept    -           2026-11-20
        north         b1      f1     K3         K9        accept    Ada         -
        north         b1      f1     K4         K10       accept    Ada         20/11/2026
        north         b1      f1     K5         K11       reject    Ada         2026-11-31
        north         b1      f1     K6         -         accept    Ada         2026-11-20
        north         b1      x9     K12        K13       accept    Ada         2026-11-20
        north         b1      x9     K14        K15       -         Ada         2026-11-20
    """
    assert refused(tmp_path, drawn) == {
        "DEC002": "row 2",
        "DEC003": "rows 3, 4",
        "DEC004": "rows 5, 6",
        "DEC007": "rows 7, 8",
    }


def test_no_fault_holds_an_id(tmp_path: Path) -> None:
    with pytest.raises(DecisionError) as error:
        decide(tmp_path, ONE, decided_by="", decision="KX1947?")
    assert "KX" not in str(error.value)
    assert "K7" not in str(error.value)


@pytest.mark.parametrize(
    "others",
    [
        "north  b1  f1  K1  K8",  # one before with two after
        "north  b1  f1  K2  K7",  # two before with one after
        "north  b2  f1  K1  K8",  # by another road
    ],
)
def test_two_ids_of_one_occasion_are_never_one_respondent_s(tmp_path: Path, others: str) -> None:
    assert refused(tmp_path, f"{ONE}{others}  accept") == {"DEC005": "row 3"}


def test_an_id_may_be_one_with_others_at_other_occasions(tmp_path: Path) -> None:
    drawn = f"""{ONE}
        north         b1      f2     K1         K8        accept
        north         b1      f1     K1         K7        accept
    """
    assert decide(tmp_path, drawn).height == 3


def test_rows_that_contradict_each_other_are_a_fault(tmp_path: Path) -> None:
    assert refused(tmp_path, f"{ONE} north  b1  f1  K1  K7  reject") == {"DEC006": "rows 2, 3"}


# --- applying

ROWS = """
    id  school  when
    K1  north   b1
    K2  north   b1
    K7  north   f1
    K8  north   f1
    K7  north   f2
    -   north   f1
"""


def test_the_id_given_first_is_used_wherever_the_other_was_given(tmp_path: Path) -> None:
    frame = draw_scores(ROWS)
    done = apply_decisions(frame, decide(tmp_path, ONE), STUDY)
    expected = """
        source_row  respondent  occasion
        2           K1          b1
        3           K2          b1
        4           K1          f1
        5           K8          f1
        6           K1          f2
        7           -           f1
    """
    assert_table(done.frame, expected)
    expected = """
        source       source_row  column  as_written  used
        answers.csv  4           id      K7          K1
        answers.csv  6           id      K7          K1
    """
    assert_table(done.changes, expected)
    assert set(done.changes["reason"]) == {"near miss accepted by Ada on 2026-11-20"}
    assert done.changes.columns == names("changes")
    assert frame["respondent"][2] == "K7"


def test_a_change_shows_the_id_as_the_export_has_it(tmp_path: Path) -> None:
    frame = draw_scores(ROWS).with_columns(respondent_as_written=pl.lit(" k7 "))
    done = apply_decisions(frame, decide(tmp_path, ONE), STUDY)
    assert set(done.changes["as_written"]) == {" k7 "}


@pytest.mark.parametrize("decision", ["reject", ""])
def test_nothing_changes_without_an_accepted_decision(tmp_path: Path, decision: str) -> None:
    frame = draw_scores(ROWS)
    done = apply_decisions(frame, decide(tmp_path, ONE, decision=decision), STUDY)
    assert done.frame.equals(frame)
    assert done.changes.is_empty()
    assert done.found.is_empty()


def test_ids_are_one_respondent_s_across_several_decisions(tmp_path: Path) -> None:
    drawn = """
        organisation  before  after  before_id  after_id  decision
        north         f1      f2     K7         K9        accept
        north         b1      f1     K1         K7        accept
    """
    rows = """
        id  school  when
        K1  north   b1
        K7  north   f1
        K9  north   f2
    """
    done = apply_decisions(draw_scores(rows), decide(tmp_path, drawn), STUDY)
    assert done.frame["respondent"].to_list() == ["K1", "K1", "K1"]


def test_the_id_given_first_is_used_in_whatever_order_it_is_decided(tmp_path: Path) -> None:
    drawn = """
        organisation  before  after  before_id  after_id  decision
        north         b1      f2     K1         K9        accept
        north         f1      f2     K7         K9        accept
    """
    rows = """
        id  school  when
        K1  north   b1
        K7  north   f1
        K9  north   f2
    """
    done = apply_decisions(draw_scores(rows), decide(tmp_path, drawn), STUDY)
    assert done.frame["respondent"].to_list() == ["K1", "K1", "K1"]


def test_where_ids_belong_to_an_organisation_only_its_own_are_changed(tmp_path: Path) -> None:
    rows = """
        id  school  when
        K1  north   b1
        K7  north   f1
        K7  south   f1
        K7  -       f1
    """
    decisions = decide(tmp_path, ONE)
    scoped = make_ids_study(id_scope="organisation")
    done = apply_decisions(draw_scores(rows), decisions, scoped)
    assert done.frame["respondent"].to_list() == ["K1", "K1", "K7", "K7"]
    anywhere = apply_decisions(draw_scores(rows), decisions, STUDY)
    assert anywhere.frame["respondent"].to_list() == ["K1", "K1", "K1", "K1"]


def test_a_response_of_another_organisation_gets_the_right_one(tmp_path: Path) -> None:
    study = make_ids_study(id_scope="organisation", normalise=["trim"])
    rows = """
        id      school  when
        KD1947  north   b1
        KD1947  south   f1
        KX2233  south   b1
    """
    table = find(read_table(rows), study).table.with_columns(decision=pl.lit("accept"))
    table = table.with_columns(pl.lit(word).alias(name) for name, word in SIGNED.items())
    table.write_csv(tmp_path / "near_misses.csv")
    decisions = read_decisions(tmp_path / "near_misses.csv", study)
    done = apply_decisions(draw_scores(rows), decisions, study)
    assert done.frame["organisation"].to_list() == ["north", "north", "south"]
    expected = """
        source_row  column  as_written  used
        3           school  south       north
    """
    assert_table(done.changes, expected)
    assert done.found.select("n_before", "n_after").row(0) == (1, 1)


def test_what_became_of_each_decision_is_known_over_all_parts(tmp_path: Path) -> None:
    drawn = f"""{ONE}
        north         b1      f1     K2         K6        accept
        north         b1      f1     K4         K8        accept
        north         b1      f1     K5         K9        reject
    """
    decisions = decide(tmp_path, drawn)
    frame = draw_scores(ROWS)
    parts = [apply_decisions(frame[n : n + 2], decisions, STUDY) for n in (0, 2, 4)]
    assert pl.concat(part.frame for part in parts)["respondent"][2] == "K1"
    (fault,) = find_stale((part.found for part in parts), Path("near_misses.csv"))
    assert (fault.code, fault.file, fault.rows, fault.count) == (
        "DEC010",
        "near_misses.csv",
        "rows 3, 4",
        2,
    )
    fresh = apply_decisions(frame, decisions.head(1), STUDY).found
    assert find_stale([fresh], Path("near_misses.csv")) == []


@pytest.mark.parametrize(
    ("also", "refused"),
    [
        ("K7      north   b1", True),
        ("K1      north   f1", True),
        ("K1      north   f2", True),
        ("K7      south   b1", True),
        ("K1      north   b2", False),
    ],
)
def test_ids_that_were_both_given_at_an_occasion_are_never_made_one(
    tmp_path: Path, also: str, refused: bool
) -> None:
    decisions, path = decide(tmp_path, ONE), tmp_path / "near_misses.csv"
    given = given_ids(draw_scores(f"{ROWS}    {also}"), decisions, STUDY)
    if not refused:
        refuse_two_at_once(decisions, given, STUDY, path)
        return
    with pytest.raises(DecisionError) as error:
        refuse_two_at_once(decisions, given, STUDY, path)
    (fault,) = error.value.faults
    assert (fault.code, fault.file, fault.rows) == ("DEC005", "near_misses.csv", "row 2")
    assert not any(known in str(error.value) for known in ("K1", "K7"))


def test_ids_of_two_organisations_are_not_given_by_one_respondent(tmp_path: Path) -> None:
    study = make_ids_study(id_scope="organisation")
    decisions = decide(tmp_path, ONE)
    given = given_ids(draw_scores(f"{ROWS}    K7  south  b1"), decisions, study)
    refuse_two_at_once(decisions, given, study, tmp_path / "near_misses.csv")


def test_a_response_that_is_set_aside_does_not_speak_against_a_decision(tmp_path: Path) -> None:
    rows = """
        id  school  when  aside
        K1  north   b1    -
        K7  north   f1    -
        K7  north   b1    1
    """
    decisions = decide(tmp_path, ONE)
    given = given_ids(draw_scores(rows), decisions, STUDY)
    refuse_two_at_once(decisions, given, STUDY, tmp_path / "near_misses.csv")


def test_a_run_stops_where_an_accepted_id_has_answered_at_both_occasions(tmp_path: Path) -> None:
    rows = with_near_miss(tidy_rows())
    # The pupil of the later id turns up at the earlier occasion, in a fuller export.
    rows["before"].append(rows["after"][-1])
    word = {"organisation": "Cedar", "before": "before", "after": "after", "decision": "accept"}
    ids = {"before_id": "KESTREL-7704", "after_id": "KESTREL-77O4"}
    write_csv([word | ids | SIGNED], tmp_path / "decided.csv")
    changes = {"[contrast]": '[matching]\ndecisions = "decided.csv"\n\n[contrast]'}
    study = write_small_survey(tmp_path, rows, changes)
    with pytest.raises(DecisionError) as error:
        match_study(load_study(study))
    assert [fault.code for fault in error.value.faults] == ["DEC005"]
    rows["before"].pop()
    study = write_small_survey(tmp_path, rows, changes)
    assert match_study(load_study(study)).tables["near_misses"].is_empty()


def test_all_near_misses_that_fit_can_be_taken_as_accepted() -> None:
    rows = """
        id      school  when
        KD1947  north   b1
        KD1937  north   f1
        KX2233  north   b1
        KX2234  north   f1
    """
    table = find(read_table(rows), STUDY).table
    done = apply_decisions(draw_scores(rows), accepting(table, STUDY, draw_scores(rows)), STUDY)
    assert done.frame["respondent"].to_list() == ["KD1947", "KD1947", "KX2233", "KX2233"]
    assert set(done.changes["reason"]) == {"near miss taken as accepted"}


# A spreadsheet took 00482 for a number, and another pupil really is 482.
@pytest.mark.parametrize(("after_id", "stops"), [("00428", False), ("428", True)])
def test_ids_that_have_lost_zeros_on_the_way_are_never_followed(
    after_id: str, stops: bool, tmp_path: Path
) -> None:
    rows = tidy_rows()
    for name, number in (("before", "00482"), ("after", "00428")):
        rows[name].append(rows[name][0] | {"Pupil code": number})
        rows[name].append(rows[name][1] | {"Pupil code": number.lstrip("0")})
    word = {"organisation": "Ash", "before": "before", "after": "after", "decision": "accept"}
    places = {"before_source": "before.csv", "before_row": "26"}
    places |= {"after_source": "after.csv", "after_row": "26", "kind": "swapped_neighbours"}
    ids = {"before_id": after_id.replace("428", "482"), "after_id": after_id}
    write_csv([word | ids | places | SIGNED], tmp_path / "decided.csv")
    changes = {"[contrast]": '[matching]\ndecisions = "decided.csv"\n\n[contrast]'}
    study = load_study(write_small_survey(tmp_path, rows, changes))
    if not stops:
        paired = match_study(study).tables["pairs"]["respondent"].to_list()
        assert "00482" in paired
        assert "482" not in paired
        return
    with pytest.raises(DecisionError) as error:
        match_study(study)
    assert [fault.code for fault in error.value.faults] == ["DEC008"]
    assert "482" not in str(error.value)
