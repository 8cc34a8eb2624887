"""Pages of laps."""

import operator

from ingestion_site.lib.pagination import KeyPagination


class LapPagination(KeyPagination):
    """Give all the laps of a race where no page size is asked for.

    The rows are plain columns. Without a key object for each, full garbage
    collections are rare enough to stay out of the 95th percentile.
    """

    page_size = KeyPagination.max_page_size
    key_of = operator.attrgetter("entrant", "number")
