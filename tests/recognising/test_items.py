"""Which columns are the items of which scale: by names, by question texts, by answers."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from peereval.errors import ScaleError
from peereval.recognising import LIKELY, SURE, UNSURE, Given, draft_study
from peereval.recognising.texts import alike
from peereval.scales import load_scale, load_scale_file
from peereval.studies import Study
from recognising.exports import (
    N,
    before_and_after,
    by_code,
    codes,
    drafted,
    ids,
    items,
    spread,
    write_export,
)


def columns_of(study: Study, scale: str) -> dict[str, tuple[str, ...]]:
    return next(dict(part.columns) for part in study.scales if part.scale.id == scale)


def sure(files: list[Path], scale: str) -> str:
    draft = draft_study(files, Given())
    return next(each.sure for each in draft.guesses if each.what == f"items of {scale}")


# --- by name --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "pattern", "written"),
    [
        ("swemwbs", "swemwbs_{n}", "swemwbs_{n}"),
        ("swemwbs", "SWEMWBS{n}", "SWEMWBS{n}"),
        ("swemwbs", "Wellbeing SWEMWBS item {n}", "Wellbeing SWEMWBS item {n}"),
        ("pss4", "pss_{n}", "pss_{n}"),
        ("pss4", "PSS4_{n}", "PSS4_{n}"),
        ("pss4", "t1_pss4-{n:02}", "t1_pss4-{n:02}"),
        ("our_future", "of_{n}", "of_{n}"),
        ("mmf", "mm{n}", "mm{n}"),
        ("mmf", "Me and My Feelings {n}", "Me and My Feelings {n}"),
        ("srs", "srs_{n:02}", "srs_{n:02}"),
        ("srs", "SRS_{item}", "SRS_{item}"),
        ("cesd", "ces-d {n}", "ces-d {n}"),
    ],
)
def test_columns_called_after_a_scale_are_its_items(
    tmp_path: Path, scale: str, pattern: str, written: str
) -> None:
    files = before_and_after(tmp_path, items(scale, pattern))
    assert f'columns = "{written}"' in draft_study(files, Given()).text
    assert sure(files, scale) == SURE
    assert len(drafted(files).scales) == 1


def test_columns_that_only_sound_like_a_scale_are_not_its_items(tmp_path: Path) -> None:
    # Two letters alone end many words, and a column with other answers is no item.
    other = {f"sense_of_{n}": spread(by_code(load_scale("our_future")), n) for n in range(1, 8)}
    yes_no = {f"mm{n}": spread(["Yes", "No"], n) for n in range(1, 17)}
    draft = draft_study(before_and_after(tmp_path, items("pss4", "pss{n}"), other, yes_no), Given())
    assert "scales.our_future" not in draft.text
    assert "scales.mmf" not in draft.text
    assert "REC014" in codes(draft)


def test_names_of_a_scale_of_one_s_own_are_known(tmp_path: Path) -> None:
    text = OWN.format(items=own_items("kind", "helps", "listens"))
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "kindness.toml").write_text(text, encoding="utf-8")
    columns = {f"Care{n}": spread(["Low", "High"], n) for n in (1, 2, 3)}
    files = before_and_after(tmp_path, columns)
    study = drafted(files, scale_folder=tmp_path / "ours")
    assert columns_of(study, "kindness")["kind"] == ("Care1",)


OWN = """\
format = 1
id = "kindness"
version = "1"
title = "Kindness"
recognition.names = ["care"]

[source]
citation = "-"
licence = "-"
verified = true
checked = "-"

[responses.labels]
Low = 0
High = 1

{items}
[[scores]]
id = "total"
title = "Kindness"
rule = "sum"
of = ["kind", "helps", "listens"]
range = [0, 3]
unit = "points"
better = "higher"

[[examples]]
name = "none"
answers = ["", "", ""]
expected = {{ total = "missing" }}
"""


def own_items(*names: str) -> str:
    return "\n".join(f'[[items]]\nid = "{name}"\ngloss = "{name}"\n' for name in names)


def test_a_scale_with_an_item_too_few_is_asked_for_and_left_out(tmp_path: Path) -> None:
    six = dict(list(items("swemwbs", "swemwbs_{n}").items())[:6])
    draft = draft_study(before_and_after(tmp_path, six, items("pss4", "pss_{n}")), Given())
    (fault, _) = [fault for fault in draft.questions if fault.code == "REC015"]
    assert fault.found == "6 of the 7 items of swemwbs have columns"
    assert "[scales.swemwbs]" not in draft.text
    assert draft.loadable


def test_fourteen_columns_are_no_seven_items(tmp_path: Path) -> None:
    labels = by_code(load_scale("swemwbs"))
    fourteen = {f"wemwbs_{n}": spread(labels, n) for n in range(1, 15)}
    draft = draft_study(before_and_after(tmp_path, fourteen, items("pss4", "pss_{n}")), Given())
    assert "swemwbs" not in draft.text.replace("wemwbs_", "")


def test_the_same_scale_twice_side_by_side_is_asked_for(tmp_path: Path) -> None:
    wide = items("pss4", "pre_pss_{n}") | items("pss4", "post_pss_{n}")
    draft = draft_study(before_and_after(tmp_path, wide, items("mmf", "mm{n}")), Given())
    asked = [fault for fault in draft.questions if fault.code == "REC016"]
    assert "2 times" in asked[0].found
    assert "[scales.pss4]" not in draft.text


def test_names_that_change_between_exports_are_listed(tmp_path: Path) -> None:
    files = [
        write_export(tmp_path / f"{name}.csv", {"Pupil code": ids()} | items("pss4", pattern))
        for name, pattern in (("baseline", "t1_pss_{n}"), ("follow_up", "t2_pss_{n}"))
    ]
    assert 'columns = ["t1_pss_{n}", "t2_pss_{n}"]' in draft_study(files, Given()).text
    assert columns_of(drafted(files), "pss4")["control"] == ("t1_pss_1", "t2_pss_1")


def test_a_name_that_means_another_item_elsewhere_is_asked_for_and_left_out(tmp_path: Path) -> None:
    # Q1 to Q4 are stress at baseline and something else at follow-up: a study cannot say that.
    other = {f"Q1_{n}": spread(["Red", "Green", "Blue"], n) for n in range(1, 5)}
    calm = items("mmf", "mm{n}")
    files = [
        write_export(
            tmp_path / "baseline.csv", {"Pupil code": ids()} | items("pss4", "Q1_{n}") | calm
        ),
        write_export(
            tmp_path / "follow_up.csv",
            {"Pupil code": ids()} | other | items("pss4", "Q2_{n}") | calm,
        ),
    ]
    draft = draft_study(files, Given())
    assert [(f.code, f.file, f.column) for f in draft.questions if f.code == "REC019"] == [
        ("REC019", "follow_up.csv", "Q1_1")
    ]
    assert "\n[scales.pss4]" not in draft.text
    assert "# [scales.pss4]" in draft.text


# --- by the texts of questions --------------------------------------------------------------


@pytest.mark.parametrize(
    ("gloss", "text", "share"),
    [
        ("worry a lot", "How often do you worry? A lot or a little", 1.0),
        ("problems sleeping", "I have trouble and problems with sleep", 1.0),
        ("worry at school", "I worried much", 0.5),
        ("lonely", "I feel that nobody sees me", 0.0),
        ("lose temper", "Losing my temper", 1.0),
    ],
)
def test_a_text_is_like_a_gloss_by_its_words(gloss: str, text: str, share: float) -> None:
    assert alike(gloss, text) == share


def in_words(scale: str, said: str = "These weeks: {gloss}, I would say") -> dict[str, list[str]]:
    """Columns headed by questions, in our own words around the glosses."""
    loaded = load_scale(scale)
    labels = by_code(loaded)
    return {
        said.format(gloss=item.gloss): spread(labels, n) for n, item in enumerate(loaded.items, 1)
    }


@pytest.mark.parametrize("scale", ["mmf", "cesd", "swemwbs", "pss4"])
def test_columns_headed_by_questions_are_items_by_their_texts(tmp_path: Path, scale: str) -> None:
    columns = in_words(scale)
    files = before_and_after(tmp_path, {"How are you today?": spread(["Well", "Ill"])}, columns)
    found = columns_of(drafted(files), scale)
    wanted = zip(load_scale(scale).items, columns, strict=True)
    assert found == {item.id: (name,) for item, name in wanted}
    assert sure(files, scale) == LIKELY


def test_questions_in_another_order_are_put_in_that_of_the_scale(tmp_path: Path) -> None:
    columns = in_words("mmf")
    mixed = dict(sorted(columns.items(), key=lambda pair: pair[0][::-1]))
    assert list(mixed) != list(columns)
    found = columns_of(drafted(before_and_after(tmp_path, mixed)), "mmf")
    wanted = zip(load_scale("mmf").items, columns, strict=True)
    assert found == {item.id: (name,) for item, name in wanted}


def test_numbers_under_questions_are_items_too(tmp_path: Path) -> None:
    numbers = {name: spread(["0", "1", "2"], n) for n, name in enumerate(in_words("mmf"))}
    draft = draft_study(before_and_after(tmp_path, numbers), Given())
    assert "[scales.mmf.columns]" in draft.text
    assert "unsure" in {each.sure for each in draft.guesses if each.what == "items of mmf"}


def test_names_and_texts_that_disagree_about_the_order_are_said(tmp_path: Path) -> None:
    # Some surveys ask the four questions of stress in another order than their author.
    glosses = [item.gloss for item in load_scale("pss4").items]
    asked = [glosses[n] for n in (0, 3, 1, 2)]
    files = [qualtrics(tmp_path / f"{name}.csv", "pss", asked) for name in ("before", "after")]
    draft = draft_study(files, Given(id="code"))
    assert "REC018" in codes(draft)
    assert columns_of(drafted(files, id="code"), "pss4") == {
        "control": ("pss_1",),
        "confident": ("pss_3",),
        "going_well": ("pss_4",),
        "piling_up": ("pss_2",),
    }


def qualtrics(path: Path, stem: str, asked: list[str]) -> Path:
    """An export in the shape of that platform: names, questions, and what it calls them."""
    names = ["StartDate", "ResponseId", "code", *(f"{stem}_{n}" for n in range(1, len(asked) + 1))]
    texts = ["Start Date", "Response ID", "Your code", *asked]
    labels = by_code(load_scale("pss4"))
    cells: Mapping[str, list[str]] = dict(
        zip(
            names,
            [["2024-04-02 09:00:00"] * N, ids(first=500), ids()]
            + [spread(labels, n) for n in range(len(asked))],
            strict=True,
        )
    )
    imports = ['{"ImportId":"startDate"}', '{"ImportId":"_recordId"}'] + [
        f'{{"ImportId":"QID{n}"}}' for n in range(len(names) - 2)
    ]
    return write_export(path, cells, texts, imports)


# --- by answers -----------------------------------------------------------------------------


def test_a_row_of_columns_with_the_labels_of_a_scale_is_that_scale(tmp_path: Path) -> None:
    columns = items("srs", "Q3_{n}") | items("mmf", "Q4_{n}") | items("swemwbs", "Q12_{n}")
    files = before_and_after(tmp_path, columns)
    text = draft_study(files, Given()).text
    assert 'columns = "Q3_{n}"' in text
    assert 'columns = "Q4_{n}"' in text
    assert 'columns = "Q12_{n}"' in text
    assert sure(files, "swemwbs") == LIKELY


def test_two_rows_with_the_labels_of_a_scale_are_asked_for(tmp_path: Path) -> None:
    columns = items("pss4", "Q1_{n}") | {"Colour": spread(["Red"])} | items("pss4", "Q2_{n}")
    draft = draft_study(before_and_after(tmp_path, columns, items("mmf", "mm{n}")), Given())
    assert "REC016" in codes(draft)
    assert "[scales.pss4]" not in draft.text


def test_a_row_of_columns_with_more_labels_is_another_scale(tmp_path: Path) -> None:
    labels = [*by_code(load_scale("pss4")), "All the time"]
    columns = {f"Q1_{n}": spread(labels, n) for n in range(1, 5)}
    draft = draft_study(before_and_after(tmp_path, columns, items("mmf", "mm{n}")), Given())
    assert "pss4" not in draft.text


#: Questions about where the items of a scale are.
ABOUT_ITEMS = {"REC014", "REC015", "REC016", "REC019", "REC022", "REC025"}


def with_others(columns: Mapping[str, list[str]], *others: tuple[str, int, str]) -> dict:
    """The same columns with other answers: in a column, in a row, such a text."""
    changed = {name: list(cells) for name, cells in columns.items()}
    for name, row, text in others:
        changed[name][row] = text
    return changed


def test_a_slip_in_one_cell_leaves_no_scale_out(tmp_path: Path) -> None:
    columns = items("swemwbs", "mood_{n}")
    slip = with_others(columns, ("mood_1", 4, "Now and then"))
    for name, both in {"one": (slip, columns), "both": (slip, slip)}.items():
        before, after = ({"Pupil code": ids()} | each for each in both)
        files = before_and_after(tmp_path / name, before, after=after)
        draft = draft_study(files, Given())
        assert ABOUT_ITEMS.isdisjoint(codes(draft))
        assert 'columns = "mood_{n}"' in draft.text
        assert sure(files, "swemwbs") == LIKELY
        assert "Now and then" not in draft.text
    assert "hold its labels and no other, but for 1 cell" in draft.text


def test_a_slip_in_every_column_is_too_much_of_a_small_export(tmp_path: Path) -> None:
    columns = {name: cells[:8] for name, cells in items("swemwbs", "mood_{n}").items()}
    slips = [(name, row, f"so so {row}") for row, name in enumerate(columns)]
    for n, known in ((1, True), (2, True), (7, False)):
        export = {"Pupil code": ids(8)} | with_others(columns, *slips[:n])
        files = before_and_after(tmp_path / str(n), export, after=export)
        assert ('columns = "mood_{n}"' in draft_study(files, Given()).text) == known


def test_a_column_with_many_other_answers_is_no_item_unless_the_other_export_says_so(
    tmp_path: Path,
) -> None:
    columns = items("swemwbs", "mood_{n}")
    cells = [("mood_3", row, text) for row, text in enumerate(("Hm", "Well", "So so"))]
    export, clean = ({"Pupil code": ids()} | c for c in (with_others(columns, *cells), columns))
    both = before_and_after(tmp_path / "both", export, after=export)
    assert "mood_{n}" not in draft_study(both, Given()).text
    one = before_and_after(tmp_path / "one", export, after=clean)
    assert 'columns = "mood_{n}"' in draft_study(one, Given()).text
    assert ABOUT_ITEMS.isdisjoint(codes(draft_study(one, Given())))


def test_the_same_other_answer_in_several_columns_is_asked_about(tmp_path: Path) -> None:
    columns = items("swemwbs", "mood_{n}")
    option = with_others(columns, ("mood_1", 4, "Nearly always"), ("mood_6", 9, "nearly always."))
    export, clean = ({"Pupil code": ids()} | each for each in (option, columns))
    files = before_and_after(tmp_path / "both", export, items("pss4", "pss_{n}"), after=export)
    draft = draft_study(files, Given())
    asked = [(f.file, f.column) for f in draft.questions if f.code == "REC025"]
    assert asked == [("baseline.csv", "mood_1"), ("follow_up.csv", "mood_1")]
    assert "\n[scales.swemwbs]" not in draft.text
    assert "nearly always" not in draft.text.casefold()
    # Where another export has nothing but the labels, its columns vouch for these.
    one = draft_study(before_and_after(tmp_path / "one", export, after=clean), Given())
    assert "REC025" not in codes(one)
    assert 'columns = "mood_{n}"' in one.text


def test_columns_are_of_the_scale_that_has_all_their_answers(tmp_path: Path) -> None:
    """Of two scales with as many items, the one whose labels leave fewer cells over."""
    (tmp_path / "ours").mkdir()
    own = OWN.replace('recognition.names = ["care"]\n', "")
    own = own.format(items=own_items("kind", "helps", "listens"))
    more = own.replace('"kindness"', '"kinder"').replace("High = 1", "High = 1\nTop = 2")
    for name, text in (("kindness", own), ("kinder", more.replace("[0, 3]", "[0, 6]"))):
        (tmp_path / "ours" / f"{name}.toml").write_text(text, encoding="utf-8")
    columns = {f"Q7_{n}": spread(["Low", "High"], n) for n in (1, 2, 3)}
    export = {"Pupil code": ids()} | with_others(columns, ("Q7_2", 5, "Top"))
    files = before_and_after(tmp_path, export, after=export)
    study = drafted(files, scale_folder=tmp_path / "ours")
    assert [part.scale.id for part in study.scales] == ["kinder"]


def test_numbers_alone_are_never_taken_for_a_scale(tmp_path: Path) -> None:
    columns = items("swemwbs", "Q12_{n}", ["1", "2", "3", "4", "5"])
    draft = draft_study(before_and_after(tmp_path, columns, items("mmf", "mm{n}")), Given())
    (fault, _) = [fault for fault in draft.questions if fault.code == "REC017"]
    assert "swemwbs" in fault.found
    assert fault.column == "Q12_1"
    assert "[scales.swemwbs]" not in draft.text.replace("name them: [scales.swemwbs]", "")


def test_exports_in_which_nothing_is_recognised_are_said(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, {"Colour": spread(["Red", "Blue"])})
    draft = draft_study(files, Given())
    assert "REC004" in codes(draft)
    assert not draft.loadable


def test_questions_about_something_else_are_not_taken_for_a_scale_by_their_answers(
    tmp_path: Path,
) -> None:
    asked = ["Do you like cheese?", "Is rain wet for you?", "Are buses late?", "Is maths fun?"]
    files = [qualtrics(tmp_path / f"{name}.csv", "Q7", asked) for name in ("before", "after")]
    assert "[scales.pss4]" not in draft_study(files, Given(id="code")).text


def test_names_that_the_texts_of_questions_contradict_are_doubted(tmp_path: Path) -> None:
    asked = ["Do you like cheese?", "Is rain wet for you?", "Are buses late?", "Is maths fun?"]
    files = [qualtrics(tmp_path / f"{name}.csv", "pss", asked) for name in ("before", "after")]
    draft = draft_study(files, Given(id="code"))
    (found,) = {each for each in draft.guesses if each.what == "items of pss4"}
    assert found.sure == UNSURE
    assert "the texts of their questions do not say so" in found.why


def test_a_scale_at_one_occasion_only_is_said(tmp_path: Path) -> None:
    after = {"Pupil code": ids()} | items("mmf", "mm{n}")
    files = before_and_after(tmp_path, items("pss4", "pss_{n}"), items("mmf", "mm{n}"), after=after)
    (fault,) = [f for f in draft_study(files, Given()).questions if f.code == "REC022"]
    assert fault.found == "pss4 is there at baseline only"


def test_questions_asked_twice_in_one_export_are_asked_for(tmp_path: Path) -> None:
    twice = in_words("mmf", "Before it: {gloss}") | in_words("mmf", "Since then: {gloss}")
    draft = draft_study(before_and_after(tmp_path, twice, items("pss4", "pss_{n}")), Given())
    assert "REC016" in codes(draft)
    assert "scales.mmf" not in draft.text


def test_names_of_a_scale_are_a_list_of_texts(tmp_path: Path) -> None:
    text = OWN.format(items=own_items("kind", "helps", "listens"))
    path = tmp_path / "kindness.toml"
    path.write_text(text.replace('names = ["care"]', 'names = "care"'), encoding="utf-8")
    with pytest.raises(ScaleError) as caught:
        load_scale_file(path)
    assert [(f.code, f.place) for f in caught.value.faults] == [("SCL003", "recognition")]
    assert "swemwbs" in load_scale("swemwbs").names
