"""Results -> what people open: a page, a workbook, a document, charts; with or without the data."""

from peereval.reporting.analysis import report_again, write_analysis
from peereval.reporting.beside import Beside
from peereval.reporting.formats import Wanted, formats_of, write_report

__all__ = ["Beside", "Wanted", "formats_of", "report_again", "write_analysis", "write_report"]
