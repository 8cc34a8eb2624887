"""CSV and its kin -> a table of text: encoding, delimiter, header, then the lines."""
