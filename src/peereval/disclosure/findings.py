"""What an evaluator has to know of disclosure control before anything is published."""

from collections.abc import Iterator

from peereval.disclosure.releasing import Release
from peereval.errors import Fault
from peereval.plurals import count_of
from peereval.studies import Protection, Study

_OFF = "disclosure control is off: what is written may identify respondents"


def find_in_release(released: Release, study: Study) -> tuple[Fault, ...]:
    """Findings about what was kept back.

    ``DIS001``: how many results were. ``DIS002``: it is switched off. ``DIS003``: an earlier
    release is not found. ``DIS004``: results that were released earlier would be kept back now.
    ``DIS009``: results of which nobody has said what they give away. ``DIS010``: settings below
    those that are usual.
    """
    return tuple(_found(released, study))


def _found(released: Release, study: Study) -> Iterator[Fault]:
    file, place = study.path.name, "disclosure"
    if not study.protection.on:
        yield Fault("DIS002", _OFF, "Not for publication", file, place=place)
        return
    kept = released.log.height
    if kept:
        yield Fault(
            "DIS001", f"{kept:,} of {released.results.height:,} results are kept back",
            "restricted/suppressions.csv says which, and by which rule", file, count=kept,
            place=place,
        )  # fmt: skip
    for name in released.earlier.absent:
        yield Fault("DIS003", f"the earlier release {name!r} is not found", "Name an output folder "
                    "or its results.csv, so that nothing can be had from the two runs together",
                    file, place=f"{place}.released")  # fmt: skip
    if gone := released.earlier.gone:
        results = count_of(gone, "result released earlier is|results released earlier are")
        yield Fault(
            "DIS004", f"{results} kept back now",
            "Nothing can be taken back; say nowhere that this is protected", file,
            count=gone, place=place,
        )  # fmt: skip
    unknown = released.log.filter(rule="unclassified").height
    if unknown:
        found = f"{count_of(unknown, 'result is|results are')} of a kind that has no rule yet"
        yield Fault("DIS009", found, "Kept back", file, count=unknown, place=place)
    yield from _lax(study.protection, file, place)


def _lax(protection: Protection, file: str, place: str) -> Iterator[Fault]:
    usual = Protection()
    below = [
        f"{name} = {getattr(protection, name)} (usual: {getattr(usual, name)})"
        for name in ("threshold", "base", "low_base", "organisations")
        if getattr(protection, name) < getattr(usual, name)
    ]
    if below:
        yield Fault("DIS010", f"less is kept back than usual: {', '.join(below)}",
                    "Say in the report why this is enough", file, place=place)  # fmt: skip
