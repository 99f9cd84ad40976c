"""A release as files: sentences, lines, charts, pages. Pure: a record goes in, bytes come out."""
