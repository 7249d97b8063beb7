"""`report.docx`: a report as a Word document that people edit, in a house style of their own."""

from peereval.rendering.document.template import write_template
from peereval.rendering.document.writing import Draw, Picture, charts_of, write_document

__all__ = ["Draw", "Picture", "charts_of", "write_document", "write_template"]
