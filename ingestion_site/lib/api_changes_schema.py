"""What following changes adds to the OpenAPI document: 304, 410, 412 and their headers."""

from typing import Any

from ingestion_site.lib.api_changes import PARAMETER

#: What has an ETag: a race, and with `race=` the lists of what is in it.
TAGGED = (
    "/api/v1/races/{id}/",
    "/api/v1/entrants/",
    "/api/v1/laps/",
    "/api/v1/pit-stops/",
)
HEADER = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier answer about the race: 304 if nothing changed.",
    "schema": {"type": "string"},
}


def describe_following(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add what a follower of changes is answered; errors are described before."""
    for path, operations in result["paths"].items():
        if get := operations.get("get"):
            _describe(path, get)
    return result


def _describe(path: str, operation: dict[str, Any]) -> None:
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    answers = operation["responses"]
    if PARAMETER in names:
        answers["410"] = {
            **answers["400"],
            "description": f"The database was replaced since: begin with {PARAMETER}=0",
        }
    if path in TAGGED:
        operation["parameters"].append(HEADER)
        answers["304"] = {"description": "Nothing of it changed since that ETag"}
        answers["412"] = {**answers["400"], "description": "If-Match does not hold"}
