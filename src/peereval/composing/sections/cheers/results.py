"""Items on results: what costs came to, and what that hangs on. Released rows and no others."""

from collections.abc import Iterator
from typing import Any

from peereval.composing.content import Content, Place, Row, why_blank
from peereval.composing.sections.cheers.saying import Said, money, say, sentences, together, where
from peereval.composing.sections.costs import cost_places, cost_sentence, total
from peereval.composing.sections.programme import net_cost_sentence
from peereval.costing import TOTAL
from peereval.publishing import Economics
from peereval.studies import threshold_word


def main_results(content: Content, declared: Economics) -> list[Said]:
    """Item 23: cost of the programme, change of cost, net cost and cost of a unit gained."""
    said = [*_programme(content), *_changes(content), *_gains(content, declared)]
    return said or [say(content, "found.nothing")]


def _programme(content: Content) -> Iterator[Said]:
    for phase in content.publication.phases:
        place = Place(phase.id, "", content.publication.cost_group)
        whole, each = (
            content.find("programme_cost", "declared", estimand, place)
            for estimand in ("programme_cost", "programme_cost_per_participant")
        )
        if whole and each:
            yield say(
                content, "found.programme", phase=phase.title,
                whole=content.number(whole, "money"), each=content.number(each, "money"),
            )  # fmt: skip


def _changes(content: Content) -> Iterator[Said]:
    for place in cost_places(content):
        if total(content, place):
            yield cost_sentence(content, place).runs
            yield from (said.runs for said in net_cost_sentence(content, place))


def _gains(content: Content, declared: Economics) -> Iterator[Said]:
    for place in _outcome_places(content, declared):
        gain = content.find("cost_effectiveness", "programme_bootstrap", "gain", place)
        if gain is None:
            continue
        names: dict[str, Any] = _names(content, place)
        if gain["estimate"] is None:
            if why_blank(gain) == "c":
                yield say(content, "found.gain_withheld", **names)
            continue
        names |= {"gain": content.number(gain, "2"), "n": content.number(gain, "count", "n")}
        limits = _limits(content, gain, "2")
        said = say(content, "found.gain" if limits else "found.gain_alone", **names, **limits)
        yield sentences(said, _one_unit(content, place))


def _one_unit(content: Content, place: Place) -> Said:
    """What one unit cost, with Fieller's limits: none where the gain may be none."""
    row = content.find("cost_effectiveness", "fieller", "cost_per_unit_gained", place)
    if row is None or row["estimate"] is None:
        withheld = row is not None and why_blank(row) == "c"
        return say(content, "found.unit_withheld" if withheld else "found.unit_unknown")
    limits = _limits(content, row, "money")
    name = "found.unit" if limits else "found.unit_alone"
    return say(content, name, cost=content.number(row, "money"), **limits)


def _limits(content: Content, row: Row, style: str) -> dict[str, Any]:
    if row["ci_low"] is None or row["ci_high"] is None:
        return {}
    return {
        "level": content.level,
        "low": content.number(row, style, "ci_low"),
        "high": content.number(row, style, "ci_high"),
    }


def _outcome_places(content: Content, declared: Economics) -> Iterator[Place]:
    for place in cost_places(content):
        for outcome in declared.programme.outcomes if declared.programme else ():
            yield place.at(outcome=outcome)


def _names(content: Content, place: Place) -> dict[str, Any]:
    return {"outcome": content.title(place.outcome), "place": where(content, place)}


# --- how sure -----------------------------------------------------------------------------


def effects(content: Content, declared: Economics) -> list[Said]:
    """Item 24: what draws, prices, contacts and single respondents do to the results."""
    said = [_about_total(content, place) for place in cost_places(content)]
    said += [_worth(content, declared, place) for place in _outcome_places(content, declared)]
    return [each for each in said if each] or [say(content, "sure.nothing")]


def _about_total(content: Content, place: Place) -> Said:
    here = place.at(outcome=TOTAL)
    fell = content.find("cost", "cost_bootstrap", "probability_cost_fell", here)
    if fell is None or not _told(fell):
        return ()
    share = content.find("cost_sensitivity", "cost_psa", "share_of_variance_parameters", here)
    turn = content.find("cost_concentration", "concentration", "n_to_turn_sign", here)
    return sentences(
        say(
            content, "sure.total", place=where(content, place),
            share=content.number(fell, "percent"),
        ),
        say(content, "sure.variance", share=content.number(share, "percent"))
        if share and _told(share)
        else (),
        _widest(content, here),
        say(content, "sure.turn", n=content.number(turn, "count")) if turn and _told(turn) else (),
    )  # fmt: skip


def _told(row: Row) -> bool:
    """Whether there is a number, or one that was kept back: what could not be is left out."""
    return row["estimate"] is not None or why_blank(row) == "c"


def _widest(content: Content, place: Place) -> Said:
    """The price or frequency that moves the change most; none where one was kept back."""
    swings = list(content.of(
        analysis="cost_sensitivity", method="one_way", estimand="swing", phase=place.phase,
        comparison=place.comparison, group=place.group, outcome=place.outcome,
    ))  # fmt: skip
    if not swings or any(row["estimate"] is None for row in swings):
        return ()
    level = max(swings, key=lambda row: row["estimate"])["level"]
    kind, _, name = level.partition(":")
    known = f"figures.tornado.{kind}"
    titles = {cost["id"]: cost["title"] for cost in content.publication.run["unit_costs"]}
    # Frequencies are called as they were asked.
    title = content.words(known, name=titles.get(name, name)) if known in content.words else level
    low, high = (
        content.row("cost_sensitivity", "one_way", "saving_per_respondent",
                    place.at(level=f"{level}:{end}"))
        for end in ("low", "high")
    )  # fmt: skip
    return say(
        content, "sure.widest", parameter=title, low=content.number(low, "money"),
        high=content.number(high, "money"),
    )  # fmt: skip


def _worth(content: Content, declared: Economics, place: Place) -> Said:
    """The probability that the programme is worth its cost, at each threshold."""
    shares = []
    for threshold in declared.programme.thresholds if declared.programme else ():
        at = place.at(level=f"threshold:{threshold_word(threshold)}")
        row = content.find("cost_effectiveness", "programme_psa", "probability_cost_effective", at)
        if row and _told(row):
            worth = money(content, threshold)
            share = content.number(row, "percent")
            shares.append(say(content, "sure.threshold", share=share, threshold=worth))
    if not shares:
        return ()
    return say(content, "sure.worth", **_names(content, place), shares=together(content, shares))
