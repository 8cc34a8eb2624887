"""The engine: Django's PostgreSQL backend, which starts its server when needed."""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base

from ingestion_site.lib.embedded_postgres import server


class DatabaseWrapper(base.DatabaseWrapper):
    """Connect to the embedded server, starting it and creating the database."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        data = Path(self.settings_dict["EMBEDDED_DATA"])
        params["host"] = str(server.start(data))
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        server.create_database(
            conn_params["host"],
            name=self.settings_dict["EMBEDDED_NAME"],
            user=conn_params["user"],
        )
        return super().get_new_connection(conn_params)
