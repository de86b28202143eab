"""Files that are written by programs and never by hand: tables of the source, and tables of the documentation."""
