"""From results to a report: facts and rows become a document, and the document a page, a text or a terminal's lines."""
