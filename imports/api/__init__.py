"""What programs read: races with the file of every row, and the records of ingestion."""
