"""Excel workbooks -> a table of text for each sheet with rows."""
