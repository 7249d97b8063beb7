"""Mentors and mentees of the pilots made again: numbers supported, free text, and its codes.

Nobody wrote these answers and nobody coded them: see data/pilot_leads/README.md.
"""

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from peereval.bundled import bundled
from peereval.coding_sheets import mark_of
from peereval.simulating.pilot import write_export
from peereval.simulating.pilot_draws import shuffled, stream

STUDY = "data/pilot_leads/young_people.toml"

_TARGETS = Path(__file__).with_name("pilot_comments_targets.toml")
_SURVEYS = {"primary": "Under 11", "secondary": "11 and over"}
#: Of so many answers the second coder sees one otherwise, and the two then agree.
_ONE_IN = 9

Person = dict[str, str]


def simulate_young_people(folder: Path, seed: int) -> list[Path]:
    """Write the export of mentors and mentees and the coding sheet of what they wrote.

    As `simulate_pilot_leads`: every seed gives other respondents and the same tables. Returns
    the paths.
    """
    original = bundled(STUDY)
    study = tomllib.loads(original.read_text(encoding="utf-8"))
    targets = tomllib.loads(_TARGETS.read_text(encoding="utf-8"))
    rng = stream(seed, "young people")
    drawn = [person for phase in _SURVEYS for person in _people(targets, phase)]
    people = [drawn[int(n)] for n in shuffled(rng, np.arange(len(drawn)))]
    schools = shuffled(rng, np.arange(len(people))) % len(targets["schools"])
    for n, (person, school) in enumerate(zip(people, schools, strict=True), 1):
        person |= {"Pupil ID": f"YP{n:04d}", "School": targets["schools"][int(school)]}
    export = folder / study["sources"][0]["file"]
    wanted = ("Pupil ID", "School", "Survey", "Role", "Supported", "Best thing")
    write_export(export, {name: [person[name] for person in people] for name in wanted})
    sheet = folder / study["tables"][1]["coding_sheet"]
    rows = _coded(people, targets["quotations"], export, study["tables"][1]["options"])
    write_export(sheet, {name: [row[name] for row in rows] for name in rows[0]})
    if folder.resolve() != original.parent.resolve():
        shutil.copyfile(original, folder / original.name)
        return [export, sheet, folder / original.name]
    return [export, sheet]


def _people(targets: Mapping[str, Any], phase: str) -> list[Person]:
    """Mentors with the number that they supported, then mentees with what they wrote."""
    blank = {"Survey": _SURVEYS[phase], "Supported": "", "Best thing": "", "themes": ""}
    mentors = [
        {**blank, "Role": "Mentor", "Supported": number}
        for number, count in targets["supported"][phase].items()
        for _ in range(count)
    ]
    mentees, words = [], targets["words"]
    for themes, count in targets["best_thing"][phase].items():
        for turn in range(count):
            said = [words[theme][turn % len(words[theme])]
                    for theme in themes.split(";") if theme != "blank"]  # fmt: skip
            own = "" if themes == "blank" else themes
            mentees.append(
                {**blank, "Role": "Mentee", "Best thing": ", and ".join(said), "themes": own}
            )
    return mentors + mentees


def _coded(
    people: list[Person],
    quotations: Mapping[str, list[list[str]]],
    export: Path,
    titles: Mapping[str, str],
) -> list[Person]:
    """Rows of the coding sheet: two coders, then what they agreed on, with quotations."""
    mark, written = mark_of(export), [n for n, p in enumerate(people) if p["themes"]]
    chosen = _chosen(people, quotations)
    rows = list[Person]()
    for coder in ("first", "second", "agreed"):
        for turn, n in enumerate(written):
            themes = people[n]["themes"].split(";")
            if coder == "second" and turn % _ONE_IN == 0:
                themes = ["unclear" if themes != ["unclear"] else "advice"]
            quotation = chosen.get(n, "") if coder == "agreed" else ""
            rows.append({
                "source": export.name, "row": str(n + 2), "export": mark, "coder": coder,
                "themes": "; ".join(titles[theme] for theme in themes),
                "quote": "yes" if quotation else "", "quotation": quotation,
            })  # fmt: skip
    return rows


def _chosen(people: list[Person], quotations: Mapping[str, list[list[str]]]) -> dict[int, str]:
    """Place of a person -> the quotation that is taken to come from their answer."""
    chosen = dict[int, str]()
    for phase, texts in quotations.items():
        for theme, text in texts:
            place = next(
                n for n, person in enumerate(people)
                if person["Survey"] == _SURVEYS[phase] and person["themes"] == theme
                and n not in chosen
            )  # fmt: skip
            chosen[place] = text
    return chosen
