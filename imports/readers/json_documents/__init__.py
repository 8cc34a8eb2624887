"""JSON documents and objects by lines -> a table for each array of objects."""
