"""The 2018 pilot made again: eight synthetic exports with every number of the report in them.

Nobody answered these. Each organisation, respondent and answer is drawn at random and then
moved until the analysis that the study file declares prints what the evaluation report
printed. What is hit, and where the report says it, is in ``pilot_targets.toml``.
"""

import csv
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from peereval.bundled import bundled
from peereval.simulating.pilot_draws import Integers, bell, stream
from peereval.simulating.pilot_experience import Sheets, draw_experience
from peereval.simulating.pilot_items import (
    PREFER_NOT,
    blank_items,
    export_codes,
    split_points,
    write_item,
)
from peereval.simulating.pilot_people import (
    NO_ROLE,
    ROLES,
    Organisation,
    People,
    make_organisations,
    make_people,
)
from peereval.simulating.pilot_questions import (
    BLANK,
    UNASKED,
    Question,
    choose_bases,
    draw_question,
)
from peereval.simulating.pilot_scores import HUNDREDTHS, Drawn, Score, draw_score

SEED = 2018

_TARGETS = Path(__file__).with_name("pilot_targets.toml")


class _Design(Struct, frozen=True):
    """Everything that was written down before the first draw."""

    study: Mapping[str, Any]
    scales: Mapping[str, Mapping[str, Any]]
    unit_costs: Mapping[str, Fraction]
    targets: Mapping[str, Any]


class _Phase(Struct, frozen=True):
    """One questionnaire version: its respondents and all that they answered."""

    people: People
    drawn: Mapping[str, Drawn]
    answers: Mapping[str, Mapping[str, Integers]]
    experience: Sheets


def simulate_pilot(folder: Path, seed: int = SEED) -> list[Path]:
    """Write the exports that the pilot's study file names into ``folder``.

    Every seed gives other respondents and the same printed numbers. The same seed gives
    the same bytes on every machine. A folder other than the pilot's own gets the study and
    its unit costs too. Returns the paths: the exports in the order of the study, then those.
    """
    design = _read_design()
    organisations = make_organisations(design.targets, seed)
    phases = {
        phase["id"]: _draw_phase(design, phase["id"], organisations, seed)
        for phase in design.study["phases"]
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for source in design.study["sources"]:
        path = folder / source["file"]
        columns = _export(design, source, phases[source["phase"]], organisations, seed)
        write_export(path, columns)
        paths.append(path)
    return paths + _write_study(folder)


def _write_study(folder: Path) -> list[Path]:
    """The study and its unit costs, unless this is the folder that they come from."""
    original = bundled("data/pilot/study.toml")
    if folder.resolve() == original.parent.resolve():
        return []
    costs = bundled("data/costs/england_2016_17.toml")
    study, own = folder / original.name, folder / costs.name
    text = original.read_text(encoding="utf-8").replace(f"../costs/{costs.name}", costs.name)
    study.write_text(text, encoding="utf-8", newline="\n")
    shutil.copyfile(costs, own)
    return [study, own]


def _read_design() -> _Design:
    study_path = bundled("data/pilot/study.toml")
    study = _read(study_path)
    scales = {name: _read(bundled("scales") / f"{name}.toml") for name in study["scales"]}
    costs = bundled("data/costs") / Path(study["costs"]["unit_costs"]).name
    unit_costs = {entry["id"]: Fraction(entry["value"]) for entry in _read(costs)["unit_costs"]}
    return _Design(study, scales, unit_costs, _read(_TARGETS, exact=False))


def _read(path: Path, exact: bool = True) -> dict[str, Any]:
    # Decimals keep 63.33 days and 119.84 pounds what they are.
    return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal if exact else float)


# --- drawing one questionnaire version ------------------------------------------------------


def _draw_phase(
    design: _Design, phase: str, organisations: list[Organisation], seed: int
) -> _Phase:
    people = make_people(phase, design.targets, organisations, seed)
    alike = design.targets["icc_change"]
    drawn = {
        outcome: draw_score(people, outcome, _score(design, outcome), target, alike, seed)
        for outcome, target in design.targets["outcomes"][phase].items()
    }
    bases = choose_bases(people, design.targets, seed)
    answers = {}
    for entry in design.study["questions"]:
        question = _question(design, entry, phase)
        counts = design.targets["questions"][phase][question.id]
        answers[question.id] = draw_question(people, question, counts, bases[question.block], seed)
    wanted = design.targets["experience"][phase]
    return _Phase(people, drawn, answers, draw_experience(people, design.study, wanted, seed))


def _score(design: _Design, outcome: str) -> Score:
    """How a score counts, from its scale file."""
    wanted = _find_score(design, outcome)[1]
    if wanted["rule"] == "lookup":
        table = {int(points): value for points, value in wanted["table"].items()}
    else:
        low, high = wanted["range"]
        table = {points: Decimal(points) for points in range(low, high + 1)}
    worth = np.zeros(max(table) + 1, dtype=np.int64)
    for points, value in table.items():
        worth[points] = int(value * HUNDREDTHS)
    better = 1 if wanted["better"] == "higher" else -1
    return Score(min(table), max(table), worth, better, wanted["rule"] == "lookup")


def _find_score(design: _Design, outcome: str) -> tuple[str, Mapping[str, Any]]:
    for name, scale in design.scales.items():
        for score in scale["scores"]:
            if outcome == f"{name}_{score['id']}":
                return name, score
    raise KeyError(outcome)


def _question(design: _Design, entry: Mapping[str, Any], phase: str) -> Question:
    """A question of the study, with what the report prints of its cost."""
    block = "help" if entry["id"].startswith("help_") else "contacts"
    if entry["kind"] == "yes_no":
        return Question(entry["id"], block, ("Yes", "No"), (), (), None, None, 0.0)
    table = design.study["frequencies"][entry["frequencies"]]
    contacts = {label: n["base"] if isinstance(n, dict) else n for label, n in table.items()}
    labels = sorted(contacts, key=lambda label: -contacts[label])
    cost = design.targets["costs"][phase].get(entry["id"], {})
    unit = design.unit_costs[entry["unit_cost"]] if "unit_cost" in entry else None
    return Question(
        id=entry["id"],
        block=block,
        labels=tuple(labels),
        hundredths=tuple(int(contacts[label] * 100) for label in labels),
        shape=tuple(design.targets["shapes"][entry["id"]]),
        unit_cost=unit,
        saving=Fraction(cost["saving"]) if cost else None,
        largest_t=cost.get("largest_t", 0.0),
    )


# --- one export -----------------------------------------------------------------------------

_Columns = dict[str, list[str]]


def _export(
    design: _Design,
    source: Mapping[str, Any],
    phase: _Phase,
    organisations: list[Organisation],
    seed: int,
) -> _Columns:
    """The columns of one export, rows in the order in which the answers came in."""
    occasion = source["occasion"]
    people = phase.people
    rows = np.flatnonzero(people.answered[occasion])
    rng = stream(seed, source["file"])
    columns = _about_people(design, phase, occasion, rows, organisations, rng)
    style = design.targets["exports"][source["file"]]
    for name, declared in design.study["scales"].items():
        columns |= _item_columns(design, name, declared, phase, occasion, rows, style, rng, seed)
    for entry in design.study["questions"]:
        column = entry["columns"][0 if occasion.endswith("baseline") else 1]
        question = _question(design, entry, people.phase)
        values = phase.answers[question.id][occasion][rows]
        columns[column] = _question_cells(question, values, rng)
    for column, cells in phase.experience.get(occasion, {}).items():
        columns[column] = [cells[int(row)] for row in rows]
    ordered = sorted(range(len(rows)), key=lambda n: (_sortable(columns["Start date"][n]), n))
    return {name: [cells[n] for n in ordered] for name, cells in columns.items()}


def _about_people(
    design: _Design,
    phase: _Phase,
    occasion: str,
    rows: Integers,
    organisations: list[Organisation],
    rng: np.random.Generator,
) -> _Columns:
    people = phase.people
    names = design.study["columns"]
    open_from = date.fromisoformat(design.targets["fieldwork"][occasion]["from"])
    days = design.targets["fieldwork"][occasion]["days"]
    # A class answers together: one day for the organisation, stragglers after it.
    day = np.floor(rng.random(len(organisations)) * days * 0.7).astype(np.int64)
    late = np.floor(rng.random(len(rows)) * rng.random(len(rows)) * days * 0.3).astype(np.int64)
    started = [open_from + timedelta(int(d)) for d in day[people.organisation[rows]] + late]
    minutes = np.maximum(240.0, 780.0 + 210.0 * bell(rng, len(rows)))
    # Wave 2 begins a school year: who came in wave 1 has moved up.
    moved_up = ~people.second_wave[rows] & people.answered["w1_follow_up"][rows]
    year = people.year[rows] + (moved_up & (occasion == "w2_follow_up"))
    columns = {
        names["respondent"]: [people.ids[int(row)] for row in rows],
        names["organisation"]: [organisations[int(o)].name for o in people.organisation[rows]],
        "Organisation type": [organisations[int(o)].kind for o in people.organisation[rows]],
        "Start date": [f"{one:%d/%m/%Y}" for one in started],
        "Duration (seconds)": [str(int(seconds)) for seconds in minutes],
        names["characteristics"]["year_group"]: [f"Year {int(y)}" for y in year],
        names["characteristics"]["gender"]: [people.gender[int(row)] for row in rows],
    }
    if occasion in people.role:
        texts = {NO_ROLE: ""} | {n: design.study["roles"][role] for n, role in enumerate(ROLES)}
        columns[names["role"]] = [texts[int(role)] for role in people.role[occasion][rows]]
    return columns


def _item_columns(
    design: _Design,
    name: str,
    declared: Mapping[str, Any],
    phase: _Phase,
    occasion: str,
    rows: Integers,
    style: str,
    rng: np.random.Generator,
    seed: int,
) -> _Columns:
    """Columns of one scale, for the scores of it that this questionnaire version asks."""
    scale = design.scales[name]
    codes = export_codes(scale, declared.get("coding", ""), style)
    ends = (min(codes), max(codes))
    places = {item["id"]: n for n, item in enumerate(scale["items"], 1)}
    cells: dict[int, list[str]] = {}
    for outcome, drawn in phase.drawn.items():
        found, score = _find_score(design, outcome)
        if found != name:
            continue
        items = _items_of(scale, score)
        scatter = design.targets["scatter"][outcome]
        # How easy an item is to agree with belongs to the scale: the same in every file.
        ease = scatter * 0.6 * bell(stream(seed, "ease", outcome), len(items))
        answers = split_points(drawn.points[occasion][rows], ease, ends, scatter, rng)
        blank = blank_items(drawn.complete[occasion][rows], len(items), rng)
        for n, item in enumerate(items):
            refusal = PREFER_NOT if style == "labels" else ""
            reverse = bool(scale["items"][places[item] - 1].get("reverse"))
            cells[places[item]] = write_item(
                answers[:, n], blank[:, n], codes, ends, reverse, refusal, rng
            )
    return {declared["columns"].format(n=n): cells[n] for n in sorted(cells)}


def _items_of(scale: Mapping[str, Any], score: Mapping[str, Any]) -> list[str]:
    """Items behind a score, also behind one that is looked up from another."""
    if score["rule"] == "lookup":
        return next(list(other["of"]) for other in scale["scores"] if other["id"] in score["of"])
    return list(score["of"])


def _question_cells(question: Question, values: Integers, rng: np.random.Generator) -> list[str]:
    refused = rng.random(len(values)) < 0.2
    missing = {
        (BLANK, True): PREFER_NOT,
        (BLANK, False): "",
        (UNASKED, True): "",
        (UNASKED, False): "",
    }
    return [
        missing[int(value), bool(no)] if value < 0 else question.labels[int(value)]
        for value, no in zip(values, refused, strict=True)
    ]


def _sortable(day: str) -> str:
    return day[6:] + day[3:5] + day[:2]


def write_export(path: Path, columns: Mapping[str, Iterable[str]]) -> None:
    """Write columns as a CSV file, the same bytes on every system."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
