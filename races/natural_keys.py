"""Which fields name a row in the world; the upserts conflict on just these.

`NATURAL_KEYS` is checked against the database: each entry needs a unique constraint
or a primary key on exactly its fields (system check races.E001).
"""

#: Text keys are stored as the source writes them (car `007` is not car `7`), in
#: Unicode NFC, trimmed, compared byte by byte (COLLATE "C").
NATURAL_KEYS: dict[str, tuple[str, ...]] = {
    "Venue": ("source", "key"),
    "Team": ("source", "key"),
    "Competitor": ("source", "key"),
    "Meeting": ("source", "key"),
    "Race": ("meeting", "key"),
    "Entrant": ("race", "key"),
    "PitStop": ("entrant", "number"),
    "Lap": ("entrant", "number"),
}
