"""Results -> what people open: a page, a workbook, a document, charts; with or without the data."""

from peereval.reporting.analysis import report_again, write_analysis
from peereval.reporting.beside import Beside
from peereval.reporting.formats import USUAL, Wanted, write_report

__all__ = ["USUAL", "Beside", "Wanted", "report_again", "write_analysis", "write_report"]
