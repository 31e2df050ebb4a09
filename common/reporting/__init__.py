"""Reports: the record and rows of a run become a document, rendered as HTML, Markdown or terminal text."""
