"""Every wrong thing that can be written about costs, and what is said of it: one table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from peereval.catalogue import EXPLANATIONS
from peereval.errors import Fault, SourceError, StudyError
from peereval.pipeline import analyse
from peereval.studies import Study, load_study, prices_in_doubt
from support.studies import MOOD, make_study, write_toml

SAID = {
    "unit": "per contact", "price_year": "2016/17", "index": "nhscii", "source": "made up",
    "licence": "none", "status": "made up",
}  # fmt: skip
NURSE, GP = {"id": "nurse", "value": 50, **SAID}, {"id": "gp", "value": 38, **SAID}
STAFF = {
    **SAID, "salary": 30000, "on_cost": 0.25, "hours_a_year": 1250, "minutes": 15,
    "sources": dict.fromkeys(("salary", "on_cost", "hours_a_year", "minutes"), "made up"),
}  # fmt: skip
TERM = {"Never": 0, "Once": 1, "Weekly": 12}
OWN_INDEX = {
    "format": 1, "id": "nhscii", "vintage": "2030", "currency": "GBP", "source": "made up",
    "licence": "none", "status": "made up",
    "indices": {"nhscii": {"title": "made up", "annual_rates": {"2016/17": 5, "2017/18": 10}}},
}  # fmt: skip
ANSWERS = """
    id  school  role    when  mood  nurse   gp
    k1  north   mentee  b1    1     Weekly  Once
    k1  north   mentee  f1    1     Once    Never
    k2  north   mentee  b1    1     Once    Daily
    k2  north   mentee  f1    1     Never   Once
"""


def without(entry: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in keys}


@dataclass(frozen=True)
class Wrong:
    """What is written, and what is said of it: code, file, place, and a part of what was found.

    ``text`` and ``raw``: a file of unit costs as it stands, or one more line of it.
    """

    code: str
    said: str
    file: str = "study.toml"
    place: str = "costs"
    unit_costs: tuple[dict[str, Any], ...] = (NURSE, GP)
    staff: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    frequencies: dict[str, Any] = field(default_factory=lambda: TERM)
    more: dict[str, Any] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    currency: str = "GBP"
    raw: str = ""
    text: str = ""


def of_gp(code: str, said: str, **changed: Any) -> Wrong:
    """One wrong key of the cost of a GP."""
    entry = {key: value for key, value in {**GP, **changed}.items() if value is not None}
    return Wrong(code, said, "costs.toml", "unit_costs gp", (NURSE, entry))


def of_staff(code: str, said: str, place: str = "staff.aide", **changed: Any) -> Wrong:
    return Wrong(code, said, "costs.toml", place, staff={"aide": {**STAFF, **changed}})


def of_labels(said: str, code: str = "STU013", place: str = "frequencies.term", **labels: Any
) -> Wrong:  # fmt: skip
    return Wrong(code, said, place=place, frequencies={**TERM, **labels})


def of_study(code: str, said: str, place: str = "costs", **settings: Any) -> Wrong:
    return Wrong(code, said, place=place, settings=settings)


EURO = {
    "format": 1,
    "id": "two",
    "currency": "EUR",
    "unit_costs": [{"id": "vet", "value": 3, **SAID}],
}
TWICE = {"format": 1, "id": "two", "currency": "GBP", "unit_costs": [GP]}

WRONG = {
    # Files of unit costs that cannot be read.
    "no file": of_study("STU012", "There is no unit-cost file", unit_costs="nothing.toml"),
    "no bundled file": of_study("STU012", "There is no unit-cost file", unit_costs="pssru"),
    "no files at all": of_study("STU012", "unit_costs names no file", unit_costs=[]),
    "no TOML": Wrong("CST001", "not a TOML file", "costs.toml", "", text="value = £8.77"),
    "a key twice": Wrong("CST001", "not a TOML file", "costs.toml", "", raw="value = 3\nvalue = 4"),
    "no unit costs": Wrong("CST003", "there are no unit costs", "costs.toml", "", ()),
    "an unknown key": of_gp("CST002", "unknown key 'vlaue'", vlaue=3),
    "no value": of_gp("CST003", "'value' is missing", value=None),
    "no price year": of_gp("CST003", "'price_year' is missing", price_year=None),
    "no licence": of_gp("CST003", "'licence' is missing", licence=None),
    "a blank licence": of_gp("CST003", "'licence' is not text in quotes, not blank", licence=" "),
    "no status": of_gp("CST003", "'status' is missing", status=None),
    "a blank status": of_gp("CST003", "'status' is not text", status=""),
    "no source": of_gp("CST003", "'source' is missing", source=None),
    "no unit": of_gp("CST003", "'unit' is missing", unit=None),
    # Numbers.
    "text for a number": of_gp("CST003", "'value' is not a number", value="38 pounds"),
    "a number in quotes": of_gp("CST003", "'value' is not a number", value="38"),
    "not a number": of_gp("CST003", "'value' is not a number", value=float("nan")),
    "infinity": of_gp("CST003", "'high' is not a number", high=float("inf")),
    "true": of_gp("CST003", "'low' is not a number", low=True),
    "a negative cost": of_gp("CST004", "'value' is less than 0", value=-38),
    "a negative limit": of_gp("CST004", "'low' is less than 0", low=-1),
    "a cost in pence of a year": of_gp("CST004", "'value' is more than 10,000,000", value=10**8),
    "low above the value": of_gp("CST006", "'low' is more than 'value'", low=39),
    "value above high": of_gp("CST006", "'value' is more than 'high'", high=37),
    "ids twice": Wrong("CST005", "the id 'gp' is used twice", "costs.toml", "", (NURSE, GP, GP)),
    "ids twice over files": Wrong(
        "CST005", "the id 'gp' is in an earlier file too", "two.toml", "",
        settings={"unit_costs": ["costs.toml", "two.toml"]}, files={"two.toml": TWICE},
    ),
    "a range of no kind": of_gp("CST003", "ranges = 'sd' is not a choice", ranges="sd"),
    "a rate without minutes": of_gp("CST003", "'minutes' is missing", value=None, rate=100,
                                    minutes_source="x"),
    "a rate beside a value": of_gp("CST007", "'value' and 'rate' are both given", rate=100,
                                   minutes=9, minutes_source="x"),
    "days of minutes": of_gp("CST007", "'minutes' is more than a day", value=None, rate=100,
                             minutes=2000, minutes_source="x"),
    "a variant without a licence": Wrong(
        "CST003", "'licence' is missing", "costs.toml", "unit_costs gp.variants.dear",
        (NURSE, {**GP, "variants": {"dear": {"value": 99, "source": "x", "status": "x"}}}),
    ),
    # Staff time.
    "a share in per cent": of_staff("CST007", "'on_cost' is not a share", on_cost=25.4),
    "no hours": of_staff("CST007", "'hours_a_year' is not the hours of a year", hours_a_year=0),
    "a negative salary": of_staff("CST004", "'salary' is less than 0", salary=-1),
    "minutes below low": of_staff("CST006", "'minutes_low' is more than 'minutes'", minutes_low=16),
    "no source of a part": of_staff("CST003", "where salary is from",
                                    sources={**STAFF["sources"], "salary": ""}),
    "a source of nothing": of_staff("CST006", "there is no input 'pay'", "staff.aide.sources",
                                    sources={**STAFF["sources"], "pay": "x"}),
    # Price years and currencies.
    "a price year that is none": of_gp("CST003", "'next year', which is no year",
                                       price_year="next year"),
    "a price year of two years": of_gp("CST003", "'2016/18', which is no year",
                                       price_year="2016/18"),
    "a price year as a number": of_gp("CST003", "'price_year' is not text", price_year=2017),
    "an index that lacks the year": Wrong(
        "STU025", "'gp' cannot be converted: '1999/00' is no year of the index nhscii",
        unit_costs=(NURSE, {**GP, "price_year": "1999/00"}), settings={"price_year": "2017/18"},
    ),
    "a year that no index has": of_study("STU025", "'2040/41' is no year", price_year="2040/41"),
    "a calendar year": of_study("STU025", "'2018' is no year of the index", price_year="2018"),
    "an unknown index of a cost": Wrong(
        "STU025", "there is no price index 'hchs'", unit_costs=(NURSE, {**GP, "index": "hchs"}),
        settings={"price_year": "2017/18"},
    ),
    "no index": Wrong(
        "STU025", "it names no price index", unit_costs=(NURSE, without(GP, "index")),
        settings={"price_year": "2017/18"},
    ),
    "an unknown index of the study": of_study(
        "STU006", "there is no price index 'hchs'", price_year="2017/18", index="hchs"),
    "an index for nothing": of_study("STU025", "without price_year", index="nhscii"),
    "another currency": of_study("STU028", "the study is in EUR", currency="EUR"),
    "another currency of a file": Wrong(
        "CST008", "costs in EUR stand beside costs in GBP", "two.toml", "",
        settings={"unit_costs": ["costs.toml", "two.toml"]}, files={"two.toml": EURO},
    ),
    "an index of another currency": Wrong(
        "STU025", "it is in EUR, the index nhscii in GBP", currency="EUR",
        settings={"price_year": "2017/18"},
    ),
    "mixed vintages": Wrong(
        "PRI007", "vintages of nhscii are mixed: 2030 and 2031", "", "",
        settings={"price_year": "2017/18", "price_indices": ["one.toml", "two.toml"]},
        files={"one.toml": OWN_INDEX, "two.toml": {
            **OWN_INDEX, "vintage": "2031",
            "indices": {"nhscii_pay": OWN_INDEX["indices"]["nhscii"]}}},
    ),
    "an index without a licence": Wrong(
        "PRI003", "'licence' is missing", "one.toml", "",
        settings={"price_year": "2017/18", "price_indices": "one.toml"},
        files={"one.toml": without(OWN_INDEX, "licence")},
    ),
    "years of an index that leave one out": Wrong(
        "PRI004", "financial years that follow one another", "one.toml", "indices.nhscii",
        settings={"price_year": "2017/18", "price_indices": "one.toml"},
        files={"one.toml": {**OWN_INDEX, "indices": {"nhscii": {
            "title": "x", "annual_rates": {"2016/17": 1, "2018/19": 1}}}}},
    ),
    "a rate that cannot be": Wrong(
        "PRI005", "is not between", "one.toml", "",
        settings={"price_year": "2017/18", "price_indices": "one.toml"},
        files={"one.toml": {**OWN_INDEX, "indices": {"nhscii": {
            "title": "x", "annual_rates": {"2016/17": -100, "2017/18": 1}}}}},
    ),
    # What a study does with them.
    "a slot": Wrong("STU024", "'gp' has no value: page 3",
                    unit_costs=(NURSE, {"id": "gp", "slot": "page 3", **SAID})),
    "a cost that is not there": Wrong("STU006", "there is no unit cost 'gp'", place="questions gp",
                                      unit_costs=(NURSE,)),
    "costs of nobody": of_study("STU006", "there is no group 'pupils'", group="pupils"),
    # Labels and weights.
    "a label below another": of_labels("is below that of 'Once'", Once={"base": 1, "high": 20}),
    "a low above the base": of_labels("does not hold its base", Weekly={"base": 12, "low": 13}),
    "less than no contact": of_labels("numbers of 0 or more", Once=-1),
    "two labels of one weight": of_labels("no two the same number", Weekly=1),
    "no label for nobody": of_labels("one label must mean no contact", Never=0.5),
    "two weights exchanged": of_labels("'Weekly' is 12, the next, 'Daily', 6", Daily=6),
    "a weight beyond reason": of_labels("10,000 at most", Weekly=1e12),
    "a weight that only a scenario exchanges": Wrong(
        "STU013", "would mean fewer contacts", place="scenarios rare",
        more={"scenarios": [{"id": "rare", "contacts": {"term": {"Weekly": 0.5}}}]}),
    "a scenario beyond reason": Wrong(
        "STU013", "10,000 at most", place="scenarios much",
        more={"scenarios": [{"id": "much", "contacts": {"term": {"Weekly": 1e12}}}]}),
    "text for a weight": of_labels("numbers of 0 or more", Weekly="12"),
    "a weight that is no number": of_labels("numbers of 0 or more", Weekly=float("nan")),
    "a weight without end": of_labels("numbers of 0 or more", Weekly=float("inf")),
    "a label without a weight": of_labels("'base' is missing", "STU003",
                                          "frequencies.term.Weekly", Weekly={"low": 10}),
}  # fmt: skip


def study_of(folder: Path, wrong: Wrong) -> Study:
    head = {"format": 1, "id": "made_up", "currency": wrong.currency}
    write_toml(
        folder / "costs.toml", {**head, "unit_costs": list(wrong.unit_costs), "staff": wrong.staff}
    )
    if wrong.text or wrong.raw:
        path = folder / "costs.toml"
        path.write_text(wrong.text or f"{path.read_text('utf-8')}\n{wrong.raw}\n", "utf-8")
    for name, content in wrong.files.items():
        write_toml(folder / name, content)
    questions = [
        {"id": name, "kind": "contact", "columns": name, "frequencies": "term", "unit_cost": name}
        for name in ("nurse", "gp")
    ]
    return make_study(
        folder,
        ANSWERS,
        MOOD,
        comparisons=[{"id": "short", "pairs": [["b1", "f1"]]}],
        questions=questions,
        frequencies={"term": wrong.frequencies},
        costs={"unit_costs": "costs.toml", "group": "all", **wrong.settings},
        **wrong.more,
    )


def faults_of(folder: Path, wrong: Wrong) -> list[Fault]:
    with pytest.raises(StudyError) as caught:
        study_of(folder, wrong)
    return list(caught.value.faults)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place_and_what_to_do(name: str, tmp_path: Path) -> None:
    wrong = WRONG[name]
    faults = faults_of(tmp_path, wrong)
    meant = [f for f in faults if f.code == wrong.code and wrong.said in f.found]
    assert meant, [str(fault) for fault in faults]
    assert meant[0].file == wrong.file
    assert meant[0].place.startswith(wrong.place)
    assert meant[0].fix
    # Nothing else is said but that it was the costs that could not be read.
    rest = {f.code for f in faults if wrong.said not in f.found}
    assert rest <= {"STU012"}, [str(fault) for fault in faults]
    assert all(fault.code in EXPLANATIONS for fault in faults)


@pytest.mark.parametrize("order", [("Weekly", "Once", "Never"), ("Once", "Weekly", "Never")])
def test_labels_may_rise_or_fall_and_none_may_stand_anywhere(
    order: tuple[str, ...], tmp_path: Path
) -> None:
    frequencies = {name: TERM[name] for name in order}
    assert study_of(tmp_path, Wrong("", "", frequencies=frequencies)).currency == "GBP"


def test_nothing_is_wrong_with_what_the_table_changes(tmp_path: Path) -> None:
    assert study_of(tmp_path, Wrong("", "", staff={"aide": STAFF})).currency == "GBP"


def test_the_mark_that_notepad_begins_a_file_with_is_no_fault(tmp_path: Path) -> None:
    study_of(tmp_path, Wrong("", ""))
    path = tmp_path / "costs.toml"
    marked = Wrong("", "", text="\ufeff" + path.read_text("utf-8"))
    assert study_of(tmp_path, marked).currency == "GBP"


def test_a_fault_of_labels_that_two_questions_use_is_counted_once(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="has 1 fault") as caught:
        study_of(tmp_path, Wrong("", "", frequencies={**TERM, "Often": 12}))
    assert len(caught.value.faults) == 1


def test_all_faults_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    """Those of shape and those of numbers, of every entry and every file."""
    wrong = Wrong(
        "", "",
        unit_costs=({**NURSE, "value": -1}, {**GP, "vlaue": 3}, {**GP, "id": "x", "low": 99}),
        staff={"aide": {**STAFF, "on_cost": 25}},
        settings={"unit_costs": ["costs.toml", "two.toml"]},
        files={"two.toml": {**TWICE, "unit_costs": [{**GP, "licence": ""}]}},
    )  # fmt: skip
    found = [(fault.code, fault.file, fault.place) for fault in faults_of(tmp_path, wrong)]
    assert found == [
        ("STU012", "study.toml", "costs"),
        ("CST002", "costs.toml", "unit_costs gp"),
        ("CST004", "costs.toml", "unit_costs nurse"),
        ("CST006", "costs.toml", "unit_costs x"),
        ("CST007", "costs.toml", "staff.aide"),
        ("CST003", "two.toml", "unit_costs gp"),
    ]


def test_an_answer_without_a_weight_is_a_fault_of_the_answer(tmp_path: Path) -> None:
    """'Daily' is chosen and no label: it is counted as missing, and said with its column."""
    run = analyse(study_of(tmp_path, Wrong("", "")))
    (row,) = run.tables["faults"].iter_rows(named=True)
    assert (row["code"], row["column"], row["value"], row["n"]) == ("ANS001", "gp", "Daily", 1)
    assert any(f.code == "ANS001" and f.column == "gp" and f.fix for f in run.findings)
    costs = run.tables["results"].filter(analysis="cost", outcome="gp", method="descriptive")
    assert set(costs["n"]) == {1}


def test_a_label_without_a_weight_ends_the_run(tmp_path: Path) -> None:
    """'Daily' twice is no slip: without those who chose it, who come most, costs would change."""
    path = Path(study_of(tmp_path, Wrong("", "")).path)
    for export in tmp_path.glob("*.csv"):
        text = export.read_text("utf-8")
        export.write_text(text.replace("Weekly", "Daily"), "utf-8")
    with pytest.raises(SourceError) as caught:
        analyse(load_study(path))
    (fault,) = [each for each in caught.value.faults if each.column == "gp"]
    assert (fault.code, fault.count) == ("ANS010", 1)
    assert {each.code for each in caught.value.faults} == {"ANS010"}
    assert "Daily" not in str(caught.value)


def test_years_that_are_not_final_are_said(tmp_path: Path) -> None:
    study = study_of(tmp_path, Wrong("", "", settings={"price_year": "2024/25"}))
    (note,) = prices_in_doubt(study)
    assert note.code == "STU027"
    assert "2024/25 is provisional in its vintage" in note.found
