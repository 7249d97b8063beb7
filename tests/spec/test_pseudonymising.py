"""Exports written again: keyed hashes for ids, nothing that names anyone, all else as it was."""

import base64
import csv
import hashlib
import hmac
import json
import random
import stat
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.command import done, neighbours, run
from peereval.errors import OutputError, SourceError, UsageError
from peereval.pipeline import match_study
from peereval.pseudonymising import RECORD, Key, pseudonymise, read_key
from peereval.studies import load_study
from reading.small_survey import Row, tidy_rows, untidy_rows, write_csv, write_small_survey
from support.tables import read_table

SECRET = b"0123456789abcdef0123456789abcdef"
KEY = Key(SECRET)
OTHER = Key(b"fedcba9876543210fedcba9876543210")


def pseudonym(respondent: str, secret: bytes = SECRET) -> str:
    digest = hmac.new(secret, respondent.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:26]


def write(folder: Path, name: str, drawn: str) -> Path:
    rows = read_table(drawn)
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / name


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


EXPORT = """
    code    | School | Name        | q1 | Anything else?
    ·k1·    | Ash    | Anna Smith  | 3  | I liked it
    K2      | Ash    | Ben Brown   | -  | -
    -       | Elm    | Chloe Khan  | 1  | no
    1003.0  | Elm    | Dev Li      | 2  | -
"""


# --- what is written


def test_a_pseudonym_is_what_another_program_computes() -> None:
    # printf PS-0130-0089 | openssl dgst -sha256 -mac HMAC -macopt key:... -binary | base32
    assert pseudonym("PS-0130-0089") == "A557RBCUX4IG7T3A2MW2HATATW"


def test_ids_become_pseudonyms_and_all_else_stays_in_its_place(tmp_path: Path) -> None:
    export = write(tmp_path, "before.csv", EXPORT)
    pseudonymise([export], "code", KEY, tmp_path / "out")
    assert read(tmp_path / "out" / "before.csv") == [
        {"code": pseudonym("K1"), "School": "Ash", "q1": "3"},
        {"code": pseudonym("K2"), "School": "Ash", "q1": ""},
        {"code": "", "School": "Elm", "q1": "1"},
        {"code": pseudonym("1003"), "School": "Elm", "q1": "2"},
    ]


def test_an_id_has_one_pseudonym_in_every_export_however_it_is_written(tmp_path: Path) -> None:
    names = ("one.csv", "two.csv")
    ids = ("k1", "·Ｋ１·")
    exports = [
        write(tmp_path, name, f"code | q1\n{id_} | 1") for name, id_ in zip(names, ids, strict=True)
    ]
    pseudonymise(exports, "code", KEY, tmp_path / "out")
    assert {row["code"] for name in names for row in read(tmp_path / "out" / name)} == {
        pseudonym("K1")
    }


def test_another_key_gives_other_pseudonyms(tmp_path: Path) -> None:
    export = write(tmp_path, "a.csv", "code q1\nk1 1\nk2 2")
    made = []
    for name, key in (("one", KEY), ("two", OTHER)):
        pseudonymise([export], "code", key, tmp_path / name)
        made.append({row["code"] for row in read(tmp_path / name / "a.csv")})
    assert made[0].isdisjoint(made[1])


def test_what_names_a_respondent_is_left_out_unless_it_is_allowed(tmp_path: Path) -> None:
    export = write(tmp_path, "a.csv", EXPORT)
    pseudonymise([export], "code", KEY, tmp_path / "out", allowed=["Name"])
    assert list(read(tmp_path / "out" / "a.csv")[0]) == ["code", "School", "Name", "q1"]


def test_what_is_in_a_column_counts_where_its_heading_says_nothing(tmp_path: Path) -> None:
    rows = "\n".join(f"k{n} | pupil{n}@school.example | {n % 3}" for n in range(9))
    export = write(tmp_path, "a.csv", f"code | c7 | q1\n{rows}")
    said = pseudonymise([export], "code", KEY, tmp_path / "out")
    assert list(read(tmp_path / "out" / "a.csv")[0]) == ["code", "q1"]
    assert "  left out: 'c7' (an e-mail address)" in said


def test_a_column_that_repeats_the_ids_is_left_out(tmp_path: Path) -> None:
    rows = "\n".join(f"k{n} | ·K{n} | {n % 5}" for n in range(9))
    export = write(tmp_path, "a.csv", f"code | again | q1\n{rows}")
    said = pseudonymise([export], "code", KEY, tmp_path / "out")
    assert "  left out: 'again' (the ids again)" in said
    assert list(read(tmp_path / "out" / "a.csv")[0]) == ["code", "q1"]


def test_answers_that_look_like_the_ids_now_and_then_stay(tmp_path: Path) -> None:
    rows = "\n".join(f"{n} | {n % 5}" for n in range(30))
    export = write(tmp_path, "a.csv", f"code | q1\n{rows}")
    pseudonymise([export], "code", KEY, tmp_path / "out")
    assert [row["q1"] for row in read(tmp_path / "out" / "a.csv")] == [
        str(n % 5) for n in range(30)
    ]


def test_an_e_mail_address_may_be_the_id_for_it_is_hashed(tmp_path: Path) -> None:
    export = write(tmp_path, "a.csv", "Email q1\nme@home.example 1")
    pseudonymise([export], "Email", KEY, tmp_path / "out")
    assert read(tmp_path / "out" / "a.csv") == [{"Email": pseudonym("ME@HOME.EXAMPLE"), "q1": "1"}]


def test_neither_ids_nor_the_key_are_anywhere_in_what_is_written_or_said(tmp_path: Path) -> None:
    rows = tidy_rows()
    for sheets in rows.values():
        for sheet in sheets:
            sheet["Pupil code"] = f"Wombat{sheet['Pupil code']}"
            sheet["Name"] = "Wombat the First"
    write_small_survey(tmp_path, rows)
    exports = [tmp_path / f"{name}.csv" for name in rows]
    said = pseudonymise(exports, "Pupil code", KEY, tmp_path / "out")
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    everything = written.decode().lower() + " ".join(said).lower() + repr(KEY)
    for secret in ("wombat", SECRET.decode(), SECRET.hex(), base64.b64encode(SECRET).decode()):
        assert secret.lower() not in everything


def test_texts_of_questions_go_beside_the_export(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    lines = (
        "StartDate,Status,Finished,ResponseId,code,Q1,Name",
        "Start Date,Response Type,Finished,Response ID,Your code?,How are you?,Your name?",
        ",".join(f'"{{""ImportId"":""{name}""}}"' for name in "abcdefg"),
        "2018-04-16 09:00:00,IP Address,True,R_1,k1,3,Anna",
        "2018-04-16 09:10:00,Survey Preview,True,R_2,k2,2,Ben",
    )
    path.write_text("\n".join(lines), encoding="utf-8")
    pseudonymise([path], "code", KEY, tmp_path / "out")
    made = read(tmp_path / "out" / "export.csv")
    assert [row["code"] for row in made] == [pseudonym("K1"), pseudonym("K2")]
    asked = {
        row["column"]: row["question"] for row in read(tmp_path / "out" / "export.questions.csv")
    }
    assert (asked["Q1"], asked["code"], "Name" in asked) == ("How are you?", "Your code?", False)


def test_workbooks_parquet_and_gzip_become_csv(tmp_path: Path) -> None:
    import gzip

    from openpyxl import Workbook

    book = Workbook()
    for row in (["code", "q1"], ["k1", 3], [1003, 2]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    pl.DataFrame({"code": [1003.0, None], "q1": [3, 2]}).write_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(b"code,q1\nk1,3\n"))
    exports = [tmp_path / name for name in ("a.xlsx", "b.parquet", "c.csv.gz")]
    pseudonymise(exports, "code", KEY, tmp_path / "out")
    out = tmp_path / "out"
    assert read(out / "a.csv") == [
        {"code": pseudonym("K1"), "q1": "3"},
        {"code": pseudonym("1003"), "q1": "2"},
    ]
    assert read(out / "b.csv") == [
        {"code": pseudonym("1003"), "q1": "3"},
        {"code": "", "q1": "2"},
    ]
    assert read(out / "c.csv") == [{"code": pseudonym("K1"), "q1": "3"}]


def test_the_folder_says_what_it_is_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    export = write(tmp_path, "a.csv", EXPORT)
    pseudonymise([export], "code", KEY, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert neighbours(tmp_path / "out") == {"a.csv", "README.txt", RECORD}
    note = (tmp_path / "out" / "README.txt").read_text(encoding="utf-8")
    assert "still personal data" in note
    assert "Keep the key apart" in note
    record = json.loads((tmp_path / "out" / RECORD).read_text(encoding="utf-8"))
    assert record["exports"] == [
        {
            "from": "a.csv",
            "sheet": "",
            "file": "a.csv",
            "rows": 4,
            "rows_without_id": 1,
            "respondents": 3,
            "columns_left_out": {"Name": "a name", "Anything else?": "free text"},
            "columns_hashed": [],
        }
    ]
    assert record["sheets_left_out"] == []


def test_an_earlier_folder_of_pseudonyms_is_replaced_and_no_other(tmp_path: Path) -> None:
    export = write(tmp_path, "a.csv", EXPORT)
    for _ in range(2):
        pseudonymise([export], "code", KEY, tmp_path / "out")
    study = write_small_survey(tmp_path / "study")
    done("match", study, "--out", tmp_path / "run", "--quiet")
    for taken in (tmp_path / "study", tmp_path / "run"):
        before = neighbours(taken)
        with pytest.raises(OutputError, match="did not write"):
            pseudonymise([export], "code", KEY, taken)
        assert neighbours(taken) == before


# --- what a file that is passed on can do without


def kept(path: Path, column: str = "code", allowed: tuple[str, ...] = ()) -> list[str]:
    pseudonymise([path], column, KEY, path.parent / "out", allowed)
    return list(read(path.parent / "out" / path.name)[0])


STAFFED = """
    code | Form tutor  | Teacher  | UPN           | Q1_teacher | Tutor group | q1
    k1   | Tom Brown   | Mrs Pugh | H801200010001 | 1          | 8B          | 3
    k2   | Rhys Evans  | Mrs Pugh | H801200010002 | 0          | 8C          | 2
"""


def test_staff_and_pupil_numbers_are_left_out_and_options_named_after_staff_stay(
    tmp_path: Path,
) -> None:
    export = write(tmp_path, "a.csv", STAFFED)
    assert kept(export) == ["code", "Q1_teacher", "Tutor group", "q1"]
    assert kept(export, allowed=("Teacher",))[1] == "Teacher"
    assert kept(export, "UPN") == ["code", "UPN", "Q1_teacher", "Tutor group", "q1"]


def test_a_response_id_becomes_a_hash_so_that_the_platform_is_still_known(tmp_path: Path) -> None:
    export = write(tmp_path, "a.csv", "code | ResponseId | q1\nk1 | R_abc | 3\nk2 | R_abd | 2")
    said = pseudonymise([export], "code", KEY, tmp_path / "out")
    assert [row["ResponseId"] for row in read(tmp_path / "out" / "a.csv")] == [
        pseudonym("R_ABC"),
        pseudonym("R_ABD"),
    ]
    assert "  hashed like the id: 'ResponseId'" in said


def test_free_text_goes_and_options_stay_where_headings_say_nothing(tmp_path: Path) -> None:
    often = ("None of the time", "Some of the time", "Most of the time")
    rows = "\n".join(
        f"k{n} | {often[n % 3]} | {often[n % 2]} | my week {n} was not so good at all | Oak School"
        for n in range(6)
    )
    export = write(tmp_path, "a.csv", f"code | q1 | q2 | Q12 | c\n{rows}")
    assert kept(export) == ["code", "q1", "q2", "c"]


# --- sheets of a workbook


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def answered(respondent: str) -> list[list[object]]:
    return [["code", "q1"], [respondent, 3]]


COVER: list[list[object]] = [["School", "Responses"], ["Ash", 1]]


def test_every_sheet_with_the_id_is_written_and_the_others_are_named(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", Cover=COVER, Ash_Lane=answered("k1"), Elm=answered("k2"))
    said = pseudonymise([book], "code", KEY, tmp_path / "out")
    assert neighbours(tmp_path / "out") == {"a_Ash Lane.csv", "a_Elm.csv", "README.txt", RECORD}
    assert read(tmp_path / "out" / "a_Elm.csv") == [{"code": pseudonym("K2"), "q1": "3"}]
    assert "a.xlsx: sheets left out: 'Cover' (no column 'code')" in said
    record = json.loads((tmp_path / "out" / RECORD).read_text(encoding="utf-8"))
    assert record["sheets_left_out"] == [
        {"from": "a.xlsx", "sheet": "Cover", "why": "no column 'code'"}
    ]
    assert [part["sheet"] for part in record["exports"]] == ["Ash Lane", "Elm"]


def test_one_sheet_with_the_id_has_the_name_of_its_workbook(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", Cover=COVER, Elm=answered("k2"))
    pseudonymise([book], "code", KEY, tmp_path / "out")
    assert read(tmp_path / "out" / "a.csv") == [{"code": pseudonym("K2"), "q1": "3"}]


def test_a_workbook_without_the_id_is_a_fault_that_names_its_sheets(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", Cover=COVER, Elm=answered("k2"))
    with pytest.raises(
        SourceError, match=r"in any sheet: 'Cover', 'Elm'\. Did you mean 'code'"
    ) as e:
        pseudonymise([book], "cod", KEY, tmp_path / "out")
    assert [fault.code for fault in e.value.faults] == ["MAP001"]


def test_a_sheet_and_a_file_of_one_name_are_refused(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", Ash=answered("k1"), Elm=answered("k2"))
    other = write(tmp_path, "a_elm.csv", "code q1\nk1 1")
    with pytest.raises(UsageError, match="both be written"):
        pseudonymise([book, other], "code", KEY, tmp_path / "out")


# --- what is refused


def test_an_export_without_the_id_is_a_fault_and_nothing_is_written(tmp_path: Path) -> None:
    exports = [
        write(tmp_path, "a.csv", "code q1\nk1 1"),
        write(tmp_path, "b.csv", "cod q1\nk1 1"),
        tmp_path / "c.csv",
    ]
    with pytest.raises(SourceError) as caught:
        pseudonymise(exports, "code", KEY, tmp_path / "out")
    assert [(f.code, f.file) for f in caught.value.faults] == [
        ("MAP001", "b.csv"),
        ("SRC001", "c.csv"),
    ]
    assert "Did you mean 'cod'?" in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("one", "two"), [("x/a.csv", "y/a.csv"), ("a.csv", "A.xlsx")])
def test_two_exports_of_one_name_are_refused(one: str, two: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both be written"):
        pseudonymise([tmp_path / one, tmp_path / two], "code", KEY, tmp_path / "out")


# --- the key


def key_file(tmp_path: Path, content: bytes, mode: int = 0o600) -> Path:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_key_is_the_same_from_a_file_or_a_variable(tmp_path: Path) -> None:
    path = key_file(tmp_path, SECRET + b"\r\n")
    assert read_key(path, None, {}).secret == SECRET
    assert read_key(None, "KEY", {"KEY": SECRET.decode()}).secret == SECRET


def test_a_key_of_bytes_counts_to_its_last_one(tmp_path: Path) -> None:
    secret = bytes(range(250, 219, -1)) + b"\n"
    assert read_key(key_file(tmp_path, secret), None, {}).secret == secret


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is no key"),
        (b"\n", "There is no key"),
        (SECRET[:31], "too short"),
        (SECRET[:31] + b"\n", "too short"),
        (b"a" * 64, "not random"),
        (b"abc" * 64, "not random"),
    ],
)
def test_a_key_that_protects_nothing_is_refused_and_not_repeated(
    content: bytes, said: str, tmp_path: Path
) -> None:
    for asked in (
        lambda: read_key(key_file(tmp_path, content), None, {}),
        lambda: read_key(None, "KEY", {"KEY": content.decode().strip()}),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            asked()
        assert len(content) < 2 or content.decode().strip() not in str(caught.value)


def test_a_key_has_one_place(tmp_path: Path) -> None:
    path = key_file(tmp_path, SECRET)
    for file, variable in ((None, None), (path, "KEY")):
        with pytest.raises(UsageError, match="either --key-file"):
            read_key(file, variable, {"KEY": SECRET.decode()})
    with pytest.raises(UsageError, match="no key in"):
        read_key(None, "KEY", {})
    for nowhere in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_key(nowhere, None, {})


def test_a_key_that_others_can_read_is_a_finding(tmp_path: Path) -> None:
    assert read_key(key_file(tmp_path, SECRET), None, {}).findings == ()
    (finding,) = read_key(key_file(tmp_path, SECRET, 0o644), None, {}).findings
    assert str(finding) == "PER004 key: others can read the key. Close it: chmod 600 key"


def test_the_command_says_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export = write(tmp_path, "a.csv", EXPORT)
    words = ("pseudonymise", export, "--id", "code", "--out", tmp_path / "out")
    path = key_file(tmp_path, SECRET, 0o640)
    said = " ".join(done(*words, "--key-file", path).stdout.split())
    assert "a.csv: 4 rows and 3 columns as a.csv kept: 'code', 'School', 'q1' left out:" in said
    assert "left out: 'Name' (a name), 'Anything else?' (free text)" in said
    assert said.count("cannot be found in pseudonyms: decide them before") == 1
    assert "PER004 key" in said
    assert "still personal data" in said
    monkeypatch.setenv("OUR_KEY", SECRET.decode())
    assert done(*words, "--key-variable", "OUR_KEY", "--quiet").output == ""
    assert run(*words).exit_code == 2


# --- what it is for: the same respondents match


def counts(study: Path, data: Path | None = None) -> tuple[Counter[str], list[float | None]]:
    matching = match_study(load_study(study, data))
    ledger = Counter(matching.tables["ledger"]["status"].cast(pl.String).to_list())
    return ledger, sorted(matching.tables["pairs"]["pre_pss4_total"].drop_nulls().to_list())


def rewritten(folder: Path, study: Path) -> Path:
    exports = [folder / source.file for source in load_study(study).sources]
    pseudonymise(exports, "Pupil code", KEY, folder / "pseudonyms")
    return folder / "pseudonyms"


def test_an_untidy_survey_matches_as_before(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, untidy_rows())
    assert counts(study, rewritten(tmp_path, study)) == counts(study)


WRITTEN = (
    "{}", " {}", "{} ", "\u00a0{}", "{}.0", "k{}", "K{}", "Ｋ{}", "", " ", "k-{}", "k–{}", "0{}",
)  # fmt: skip


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_respondents_match_as_before_however_their_ids_are_written(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    folder, chance, rows = tmp_path_factory.mktemp("survey"), random.Random(seed), tidy_rows()
    for sheets in rows.values():
        for sheet in sheets:
            sheet["Pupil code"] = chance.choice(WRITTEN).format(chance.randint(1, 9))
    study = write_small_survey(folder, rows)
    before, after = counts(study), counts(study, rewritten(folder, study))
    assert after == before
    assert before[0]["used"] > 0


def test_a_survey_of_a_platform_matches_as_before(tmp_path: Path) -> None:
    rows = tidy_rows()
    marked = {
        name: [
            {"StartDate": "2018-04-16 09:00:00", "Finished": "True", "ResponseId": f"R_{n}"}
            | {"Status": "Survey Preview" if n % 5 == 0 else "IP Address"}
            | row
            for n, row in enumerate(sheets)
        ]
        for name, sheets in rows.items()
    }
    study = write_small_survey(tmp_path)
    for name, sheets in marked.items():
        asked = {column: f"How about {column}?" for column in sheets[0]}
        imported = {column: f'{{"ImportId":"{column}"}}' for column in sheets[0]}
        write_csv([asked, imported, *sheets], tmp_path / f"{name}.csv")
    before = counts(study)
    assert before[0]["test_response"] == 10
    assert counts(study, rewritten(tmp_path, study)) == before


def test_a_survey_in_spss_scores_as_before(tmp_path: Path) -> None:
    import pandas as pd
    import pyreadstat

    study = write_small_survey(tmp_path)
    text = study.read_text(encoding="utf-8").replace("Pupil code", "Pupil_code")
    study.write_text(text.replace(".csv", ".sav"), encoding="utf-8")
    for name, sheets in tidy_rows().items():
        frame = pd.DataFrame(sheets).rename(columns={"Pupil code": "Pupil_code"})
        for n in range(1, 5):
            frame[f"stress_{n}"] = frame[f"stress_{n}"].astype(float)
        pyreadstat.write_sav(
            frame,
            str(tmp_path / f"{name}.sav"),
            variable_value_labels={"stress_2": {0.0: "Never", 1.0: "Almost never", 4.0: "No idea"}},
            # Two codes of the scale that this file declares to be no answer.
            missing_ranges={"stress_1": [{"lo": 0, "hi": 0}], "stress_2": [{"lo": 4, "hi": 4}]},
        )
    before = counts(study)
    exports = [tmp_path / f"{name}.sav" for name in tidy_rows()]
    pseudonymise(exports, "Pupil_code", KEY, tmp_path / "pseudonyms")
    study.write_text(text, encoding="utf-8")
    assert counts(study, tmp_path / "pseudonyms") == before
    assert 0 < len(before[1]) < 24
