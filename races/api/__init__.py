"""Races as JSON: serializers and filters. The views are in `imports.api`, since every
row names its file, and this app knows versions but no files."""
