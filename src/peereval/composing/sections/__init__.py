"""One module for each section of a report: a function of the content, or None if it is empty."""
