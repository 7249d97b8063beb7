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
    "an unknown rule": ("SCL009", '"sum"', '"add"', r'"sum", "mean", "lookup", "rescale"'),
    "a rule misspelt": ("SCL009", '"lookup"', '"look_up"', r"mean 'lookup'"),
    "an unknown direction": (
        "SCL009",
        'better = "lower"',
        'better = "up"',
        r'Use "higher", "lower"',
    ),
    "a blank counted as nought": (
        "SCL010",
        'rule = "sum"',
        'rule = "sum"\nmin_answered = 1',
        r"min_answered = 1 of 2 would count a blank as 0",
    ),
    "items and scores mixed": ("SCL010", 'of = ["total"]', 'of = ["total", "calm"]', r"one score"),
    "a wrong range": ("SCL011", "range = [0, 4]", "range = [0, 5]", r"0 to 5.*give 0 to 4"),
    "a wrong range of another scale": ("SCL011", "[0, 100]", "[0, 10]", r"give 0 to 100"),
    "a table with a gap": ("SCL011", "3 = 6, ", "", r"lacks 1 value of 'total'"),
    "a band of no score": ("SCL012", 'score = "total"', 'score = "totl"', r"mean 'total'"),
    "bands that leave a gap": ("SCL012", "from = 0 }", "from = 1 }", r"Begin with from = 0"),
    "bands that fall": ("SCL012", "from = 3 }", "from = -1 }", r"levels must rise"),
    "a band that nobody reaches": ("SCL012", "from = 3 }", "from = 5 }", r"above the highest"),
    "a wrong example": ("SCL013", "total = 4,", "total = 3,", r"total is 4, the example says 3"),
    "a wrong band": ("SCL013", '"high" }', '"low" }', r"levels is high, the example says low"),
    "an answer too few": ("SCL013", '["Never", "Always"]', '["Never"]', r"1 answer for 2 items"),
    "an answer that is no label": ("SCL013", '"Never", "Al', '"Nver", "Al', r"mean 'Never'"),
    "a score that is not there": ("SCL013", "percent = 100", "per_cent = 100", r"mean 'percent'"),
    "a coding that is not there": ("SCL013", '"from_1"', '"from_2"', r"mean 'from_1'"),
    "a score that no whole number can hold": (
        "SCL015",
        "factor = 25\nrange = [0, 100]",
        "factor = 25.00000001\nrange = [0, 100.00000004]",
        r"100,000,000, which is too large",
    ),
    "a name twice in a score": ("SCL010", '["calm", "cross"]', '["calm", "calm"]', r"'of' twice"),
    "nothing to round": (
        "SCL010",
        'rule = "sum"',
        'rule = "sum"\nrounding = "half_up"',
        r"nothing to round",
    ),
    "a rounding that nobody knows": (
        "SCL009",
        'rule = "sum"',
        'rule = "sum"\nprorate = true\nrounding = "half_even"',
        r"mean 'half_up'",
    ),
    "points for other codes": (
        "SCL010",
        'rule = "sum"',
        'rule = "sum"\npoints = { 0 = 0, 1 = 1 }',
        r"each of 0, 1, 2",
    ),
    "a nought for no item": (
        "SCL008",
        'rule = "sum"',
        'rule = "sum"\nzero_when = { clam = 0 }',
        r"mean 'calm'",
    ),
    "a nought for no code": (
        "SCL010",
        'rule = "sum"',
        'rule = "sum"\nzero_when = { calm = 7 }',
        r"calm = 7 is no code",
    ),
    "answers of no kind": (
        "SCL003",
        '[responses.labels]\n"Never" = 0\n"Sometimes" = 1\n"Always" = 2\n',
        "[responses]\ncoding_required = false\n",
        r"'labels' is missing",
    ),
    "numbers in steps that do not fit": (
        "SCL005",
        "[responses.codings.from_1]",
        "[responses.numbers]\nfrom = 0\nto = 10\nstep = 3\n[responses.codings.from_1]",
        r"no whole number of steps",
    ),
    "numbers that are too large": (
        "SCL005",
        "[responses.codings.from_1]",
        "[responses.numbers]\nfrom = 100000\nto = 100010\n[responses.codings.from_1]",
        r"too large for an answer",
    ),
    "a label that is beyond the numbers": (
        "SCL005",
        "[responses.codings.from_1]",
        "[responses.numbers]\nfrom = 0\nto = 1\n[responses.codings.from_1]",
        r"'Always' stands for a number that is no answer",
    ),
    "a change wider than the range": (
        "SCL016",
        'rule = "sum"',
        'rule = "sum"\nreliable_change = { threshold = 5, source = "-", verified = true }',
        r"no change of 5 is possible.*up to 4",
    ),
    "a change without a source": (
        "SCL003",
        'rule = "sum"',
        'rule = "sum"\nreliable_change = { threshold = 2, verified = true }',
        r"scores total: 'source' is missing",
    ),
    "a reliability above 1": (
        "SCL016",
        'rule = "sum"',
        'rule = "sum"\nreliability = { value = 1.2, kind = "alpha", source = "", verified = true }',
        r"a reliability of 1.2 cannot be",
    ),
    "a reliability of no kind": (
        "SCL016",
        'rule = "sum"',
        'rule = "sum"\nreliability = { value = 0.8, kind = "alfa", source = "-", verified = true }',
        r"mean 'alpha'",
    ),
    "a norm of another scale": (
        "SCL016",
        'rule = "sum"',
        'rule = "sum"\nnorms = [{ mean = 9, population = "-", source = "-", verified = true }]',
        r"mean of 9, which is not in the range",
    ),
    "a norm of nobody": (
        "SCL016",
        'rule = "sum"',
        'rule = "sum"\n'
        'norms = [{ mean = 2, n = 1, population = "", source = "", verified = false }]',
        r"number of respondents that cannot be",
    ),
    "a fact that nobody knows": (
        "SCL002",
        "[responses.labels]",
        '[facts.kyes]\nverified = true\nchecked = "-"\n[responses.labels]',
        r"mean 'keys'",
    ),
    "verified on what is not": (
        "SCL017",
        'verified = false\nchecked = "made up"\n',
        'verified = true\nchecked = "-"\n[facts.keys]\nverified = false\nchecked = "-"\n',
        r"facts.keys is not",
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
    files = [Path(declarations.__file__), *Path(scales.__file__).parent.glob("*.py")]
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    numbers = set(re.findall(r'\.add\(\s*"(\d{3})"', source))
    assert {f"SCL{number}" for number in numbers} == {code for code, *_ in CASES.values()}


LINES = {
    # what is replaced by what, and in which line of the new file the fault is
    "a key": ("reverse = true", "revers = true", "revers = true"),
    "a score": ("range = [0, 4]", "range = [0, 5]", "range = [0, 5]"),
    "a rule": ('rule = "lookup"', 'rule = "look"', 'rule = "look"'),
    "an id twice: the second": ('id = "cross"', 'id = "calm"', 2),
    "a level": ("from = 3 }", "from = 9 }", "levels = ["),
    "a coding": ('3 = "Always"', '3 = "Alway"', '3 = "Alway"'),
    "an example": ("total = 4,", "total = 3,", 1),
    "a missing key: its table": ('unit = "percent"\n', "", 2),
    "an unknown section": ("[[bands]]", "[[bnads]]", "[[bnads]]"),
}
_HEADERS = {"an id twice: the second": "[[items]]", "an example": "[[examples]]",
            "a missing key: its table": "[[scores]]"}  # fmt: skip


@pytest.mark.parametrize("case", LINES)
def test_a_fault_says_the_line_that_it_is_in(case: str, tmp_path: Path) -> None:
    right, wrong, wanted = LINES[case]
    text = RIGHT.replace(right, wrong, 1)
    lines = text.splitlines()
    if isinstance(wanted, int):  # the table that is the wanted one of its kind
        headers = [n for n, line in enumerate(lines, 1) if line == _HEADERS[case]]
        number = headers[wanted - 1]
    else:
        (number,) = [n for n, line in enumerate(lines, 1) if wanted in line]
    said = [re.search(r"line (\d+)", fault.place) for fault in refused(tmp_path, text).faults]
    assert str(number) in {found[1] for found in said if found}


def test_all_faults_of_the_shape_are_reported_at_once(tmp_path: Path) -> None:
    text = RIGHT.replace("reverse", "revers").replace('unit = "percent"\n', "")
    text = text.replace("format = 1", "format = 7")
    error = refused(tmp_path, text)
    assert sorted(fault.code for fault in error.faults) == ["SCL002", "SCL003", "SCL004"]
    assert error.message == "tiny.toml has 3 faults"
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
        ("zzz", "There are ahi, brs, cesd,"),
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


def test_what_rests_on_a_wrong_score_is_not_called_wrong_too(tmp_path: Path) -> None:
    error = refused(tmp_path, RIGHT.replace('rule = "sum"', 'rule = "sun"'))
    assert [fault.code for fault in error.faults] == ["SCL009"]


def test_faults_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = RIGHT.replace("from = 0 }", "from = 1 }").replace(
        "factor = 25", "factor = 25\nwidth = 2"
    )
    text = text.replace('gloss = "calm"', 'gloss = "calm"\nglos = ""')
    lines = [re.search(r"line (\d+)", fault.place) for fault in refused(tmp_path, text).faults]
    numbers = [int(line[1]) for line in lines if line]
    assert len(numbers) == 2
    assert numbers == sorted(numbers)
