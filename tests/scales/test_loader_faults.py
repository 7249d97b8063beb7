"""A wrong scale file is refused with a stable code, the place and what to do: one case a fault."""

import re
from pathlib import Path

import pytest

from peereval import declarations, scales
from peereval.errors import ScaleError
from peereval.scales import load_scale, load_scale_file

RIGHT = """\
format = 1
id = "tiny"
version = "1.0.0"
title = "A tiny scale"

[source]
citation = "nobody"
licence = "none"
verified = false
checked = "made up"

[responses.labels]
"Never" = 0
"Sometimes" = 1
"Always" = 2

[responses.codings.from_1]
1 = "Never"
2 = "Sometimes"
3 = "Always"

[[items]]
id = "calm"
gloss = "calm"
reverse = true

[[items]]
id = "cross"
gloss = "cross"

[[scores]]
id = "total"
title = "Total"
rule = "sum"
of = ["calm", "cross"]
range = [0, 4]
unit = "points"
better = "lower"

[[scores]]
id = "percent"
title = "Total out of a hundred"
rule = "rescale"
of = ["total"]
factor = 25
range = [0, 100]
unit = "percent"
better = "lower"

[[scores]]
id = "converted"
title = "Converted"
rule = "lookup"
of = ["total"]
range = [1, 9]
unit = "points"
better = "lower"
table = { 0 = 1, 1 = 2.5, 2 = 4, 3 = 6, 4 = 9 }

[[bands]]
id = "levels"
title = "Levels"
score = "total"
population = "nobody"
verified = false
levels = [
  { id = "low", title = "Low", from = 0 },
  { id = "high", title = "High", from = 3 },
]

[[examples]]
name = "most"
answers = ["Never", "Always"]
expected = { total = 4, percent = 100, converted = 9, levels = "high" }

[[examples]]
name = "one missing"
coding = "from_1"
answers = [1, ""]
expected = { total = "missing", levels = "missing" }
"""

CASES = {
    # code, what is replaced by what, and what the message must say
    "no TOML": ("SCL001", 'id = "tiny"', "id = tiny", r"not a TOML file.*line 2"),
    "unknown key": ("SCL002", "reverse = true", "revers = true", r"'revers'.*mean 'reverse'"),
    "unknown key of a level": ("SCL002", 'title = "Low",', 'name = "Low",', r"unknown key 'name'"),
    "missing key": ("SCL003", 'unit = "percent"\n', "", r"scores percent: 'unit' is missing"),
    "missing section": ("SCL003", "[source]", "[sauce]", r"'source' is missing"),
    "not a table": ("SCL003", "[[bands]]", "[bands]", r"'bands' is not a list of tables"),
    "another format": ("SCL004", "format = 1", "format = 2", r"format 2 .*Use format = 1"),
    "a label without a number": ("SCL003", '"Always" = 2', '"Always" = "2"', r"whole numbers"),
    "half a number": ("SCL003", '"Always" = 2', '"Always" = 1.5', r"whole numbers"),
    "a code that is too large": ("SCL005", '"Always" = 2', '"Always" = 200', r"than 100"),
    "a number that means another": ("SCL005", '"Sometimes" = 1', '"2" = 1', r"'2' is the code of"),
    "an id twice": ("SCL006", 'id = "cross"', 'id = "calm"', r"'calm' is used twice"),
    "an id of item and score": ("SCL006", 'id = "percent"', 'id = "calm"', r"'calm' is used twice"),
    "a coding of no label": ("SCL007", '3 = "Always"', '3 = "Alway"', r"'Alway'.*mean 'Always'"),
    "an item that is not there": ("SCL008", '"cross"]', '"crose"]', r"'crose'.*mean 'cross'"),
    "a score below": ("SCL008", 'of = ["calm", "cross"]', 'of = ["percent"]', r"no score above it"),
    "an unknown rule": ("SCL009", '"sum"', '"add"', r"sum, mean, lookup, rescale"),
    "an unknown direction": ("SCL009", 'better = "lower"', 'better = "up"', r'"higher" or "lower"'),
    "a blank counted as nought": (
        "SCL010",
        'rule = "sum"',
        'rule = "sum"\nmin_answered = 1',
        r"min_answered = 1 of 2 would count a blank as 0",
    ),
    "items and scores mixed": ("SCL010", 'of = ["total"]', 'of = ["total", "calm"]', r"one score"),
    "a wrong range": ("SCL011", "range = [0, 4]", "range = [0, 5]", r"0 to 5.*give 0 to 4"),
    "a wrong range of another scale": ("SCL011", "[0, 100]", "[0, 10]", r"give 0 to 100"),
    "a table with a gap": ("SCL011", "3 = 6, ", "", r"lacks 1 value\(s\) of 'total'"),
    "a band of no score": ("SCL012", 'score = "total"', 'score = "totl"', r"mean 'total'"),
    "bands that leave a gap": ("SCL012", "from = 0 }", "from = 1 }", r"Begin with from = 0"),
    "bands that fall": ("SCL012", "from = 3 }", "from = -1 }", r"levels must rise"),
    "a band that nobody reaches": ("SCL012", "from = 3 }", "from = 5 }", r"above the highest"),
    "a wrong example": ("SCL013", "total = 4,", "total = 3,", r"total is 4, the example says 3"),
    "a wrong band": ("SCL013", '"high" }', '"low" }', r"levels is high, the example says low"),
    "an answer too few": ("SCL013", '["Never", "Always"]', '["Never"]', r"1 answers for 2 items"),
    "an answer that is no label": ("SCL013", '"Never", "Al', '"Nver", "Al', r"mean 'Never'"),
    "a score that is not there": ("SCL013", "percent = 100", "per_cent = 100", r"mean 'percent'"),
    "a coding that is not there": ("SCL013", '"from_1"', '"from_2"', r"mean 'from_1'"),
    "a score that no whole number can hold": (
        "SCL015",
        "factor = 25\nrange = [0, 100]",
        "factor = 25.00000001\nrange = [0, 100.00000004]",
        r"100,000,000, which is too large",
    ),
    "no example of a blank": ("SCL014", '[1, ""]', "[1, 1]", r"no example has a missing answer"),
}


def write(folder: Path, text: str) -> Path:
    place = folder / "tiny.toml"
    place.write_text(text, encoding="utf-8")
    return place


def refused(folder: Path, text: str) -> ScaleError:
    with pytest.raises(ScaleError) as caught:
        load_scale_file(write(folder, text))
    return caught.value


def test_the_right_file_has_no_fault(tmp_path: Path) -> None:
    assert load_scale_file(write(tmp_path, RIGHT)).id == "tiny"


@pytest.mark.parametrize("case", CASES)
def test_a_fault_has_its_code_and_says_what_to_do(case: str, tmp_path: Path) -> None:
    code, right, wrong, said = CASES[case]
    assert RIGHT.count(right) >= 1
    error = refused(tmp_path, RIGHT.replace(right, wrong, 1))
    of_code = [str(fault) for fault in error.faults if fault.code == code]
    assert of_code, f"{[fault.code for fault in error.faults]} and not {code}"
    assert any(re.search(said, text, re.DOTALL) for text in of_code), of_code
    assert all(fault.file == "tiny.toml" for fault in error.faults)
    assert error.exit_code == 11


def test_every_fault_code_of_a_scale_file_has_a_case() -> None:
    numbers: set[str] = set()
    for module in (declarations, scales):
        source = Path(module.__file__).read_text(encoding="utf-8")
        numbers |= set(re.findall(r'\.add\(\s*"(\d{3})"', source))
    assert {f"SCL{number}" for number in numbers} == {code for code, *_ in CASES.values()}


def test_all_faults_of_the_shape_are_reported_at_once(tmp_path: Path) -> None:
    text = RIGHT.replace("reverse", "revers").replace('unit = "percent"\n', "")
    text = text.replace("format = 1", "format = 7")
    error = refused(tmp_path, text)
    assert sorted(fault.code for fault in error.faults) == ["SCL002", "SCL003", "SCL004"]
    assert error.message == "tiny.toml has 3 fault(s)"
    assert str(error).count("\n") == 3


def test_all_faults_of_the_meaning_are_reported_at_once(tmp_path: Path) -> None:
    text = RIGHT.replace('3 = "Always"', '3 = "Alway"').replace("range = [0, 4]", "range = [0, 5]")
    text = text.replace('"lookup"', '"look"').replace("from = 3 }", "from = 9 }")
    error = refused(tmp_path, text)
    codes = {fault.code for fault in error.faults}
    assert codes == {"SCL007", "SCL009", "SCL011", "SCL012"}


def test_all_wrong_examples_are_reported_at_once(tmp_path: Path) -> None:
    text = RIGHT.replace("total = 4,", "total = 3,").replace('total = "missing"', "total = 0")
    error = refused(tmp_path, text)
    assert [fault.code for fault in error.faults] == ["SCL013", "SCL013"]
    assert "total is missing, the example says 0" in str(error)


def test_a_file_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(ScaleError, match="no scale file"):
        load_scale_file(tmp_path / "nothing.toml")


def test_bytes_that_are_no_text_are_a_fault(tmp_path: Path) -> None:
    place = tmp_path / "tiny.toml"
    place.write_bytes(b"id = \xff\xfe")
    with pytest.raises(ScaleError) as caught:
        load_scale_file(place)
    assert [fault.code for fault in caught.value.faults] == ["SCL001"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("swemwb", "Did you mean 'swemwbs'?"),
        ("our_futur", "Did you mean 'our_future'?"),
        ("zzz", "There are ahi, cesd, mmf, our_future, pss4, srs, swemwbs."),
    ],
)
def test_an_unknown_scale_is_answered_with_the_nearest(asked: str, said: str) -> None:
    with pytest.raises(ScaleError) as caught:
        load_scale(asked)
    assert said in caught.value.message


def test_a_file_whose_scale_has_another_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "little.toml").write_text(RIGHT, encoding="utf-8")
    with pytest.raises(ScaleError, match="rename the file"):
        load_scale("little", tmp_path)


# What a person may well write by mistake; a Python traceback is no answer to it.
WRONG_KINDS = {
    "labels as a list": (
        '[responses.labels]\n"Never" = 0\n"Sometimes" = 1\n"Always" = 2\n',
        '[responses]\nlabels = ["Never", "Sometimes", "Always"]\n',
    ),
    "items of a score as one text": ('of = ["calm", "cross"]', 'of = "calm"'),
    "items of a score as a number": ('of = ["calm", "cross"]', "of = 2"),
    "a range of one number": ("range = [0, 4]", "range = 4"),
    "a range with one end": ("range = [0, 4]", "range = [4]"),
    "a range in words": ("range = [0, 4]", 'range = ["low", "high"]'),
    "a factor in words": ("factor = 25", 'factor = "x25"'),
    "a table with words": ("3 = 6, ", '3 = "six", '),
    "min_answered in words": ('rule = "sum"', 'rule = "sum"\nmin_answered = "all"'),
    "an item's id as a number": ('id = "cross"', "id = 2"),
    "levels in words": (
        'levels = [\n  { id = "low", title = "Low", from = 0 },\n'
        '  { id = "high", title = "High", from = 3 },\n]',
        'levels = ["low", "high"]',
    ),
    "a bound in words": ("from = 3 }", 'from = "three" }'),
    "an expectation without a name": (
        'expected = { total = 4, percent = 100, converted = 9, levels = "high" }',
        "expected = 4",
    ),
    "an expectation as a list": ("total = 4,", "total = [4],"),
    "answers as one text": ('answers = ["Never", "Always"]', 'answers = "Never, Always"'),
    "answers as a number": ('answers = ["Never", "Always"]', "answers = 4"),
    "a coding without a table": (
        '[responses.codings.from_1]\n1 = "Never"\n2 = "Sometimes"\n3 = "Always"\n',
        '[responses.codings]\nfrom_1 = "Never"\n',
    ),
}


@pytest.mark.parametrize("case", WRONG_KINDS)
def test_a_value_of_the_wrong_kind_is_a_fault_and_no_crash(case: str, tmp_path: Path) -> None:
    right, wrong = WRONG_KINDS[case]
    assert right in RIGHT
    error = refused(tmp_path, RIGHT.replace(right, wrong, 1))
    assert error.faults
    assert all(fault.code.startswith("SCL") for fault in error.faults)
