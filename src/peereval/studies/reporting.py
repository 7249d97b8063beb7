"""What a study asks of its report: which sections in which order, and in which formats."""

from msgspec import Struct

from peereval.declarations import Declaration, shape

REPORT = shape({}, {"sections": "texts", "formats": "texts"})
#: Sections of a report in their usual order.
SECTIONS = (
    "found", "flow", "outcomes", "bands", "service_use", "costs", "questions", "sensitivity",
    "methods", "data_quality", "protection", "cheers", "appendix",
)  # fmt: skip
#: What a report can be written as; ``svg`` and ``png`` are its charts as files.
FORMATS = ("html", "xlsx", "docx", "md", "latex", "svg", "png")


class Reporting(Struct, frozen=True):
    """Sections and formats of a report, in order; empty for the usual ones."""

    sections: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


def read_reporting(file: Declaration) -> Reporting:
    """``[report]``; names that are not known become faults of the file."""
    raw = file.raw.get("report", {})
    sections, formats = (tuple(dict.fromkeys(raw.get(key, ()))) for key in ("sections", "formats"))
    file.refer(sections, SECTIONS, "section of a report", "report")
    file.refer(formats, FORMATS, "format of a report", "report")
    return Reporting(sections, formats)
