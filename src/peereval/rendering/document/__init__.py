"""`report.docx`: a report as a Word document that people edit, in a house style of their own."""

from peereval.rendering.document.template import open_template, write_template
from peereval.rendering.document.writing import Draw, Picture, our_chart, write_document

__all__ = ["Draw", "Picture", "open_template", "our_chart", "write_document", "write_template"]
