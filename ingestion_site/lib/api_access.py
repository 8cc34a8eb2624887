"""Who may do what over HTTP: the scope that a token needs, the permission of its user.

A view says in `access`, by action or by method in small letters, what an operation
asks for; what it does not name asks for READ.
"""

from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request


@dataclass(frozen=True)
class Access:
    """What an operation asks for: a token can never do more than its user."""

    scope: str
    #: Of the user; None: whoever is known may.
    permission: str | None = None


READ = Access("read")
#: What stands in files as it came, looked at by nobody yet: as in the admin.
ORIGINAL_ROWS = Access("read", "imports.view_rejection")


def access_of(view: Any, request: Request) -> Access:
    """Give what the operation of the view asks for."""
    return access_of_action(
        view, getattr(view, "action", None) or str(request.method).lower()
    )


def access_of_action(view: Any, name: str) -> Access:
    """Give what an action or a method of the view asks for."""
    by_name: dict[str, Access] = getattr(view, "access", {})
    # HEAD asks for what GET would give.
    return by_name.get("get" if name == "head" else name, READ)


class IsAllowed(IsAuthenticated):
    """Let known users in whose token and permissions cover the operation."""

    code: str | None = None

    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse with the scope or the permission that is missing."""
        if not super().has_permission(request, view):
            return False
        asked = access_of(view, request)
        scopes = getattr(request.auth, "scopes", None)
        if scopes is not None and asked.scope not in scopes:
            self.message = f"The token lacks the scope {asked.scope}."
            self.code = "missing_scope"
            return False
        if asked.permission and not request.user.has_perm(asked.permission):
            self.message = f"You lack the permission {asked.permission}."
            self.code = "missing_permission"
            return False
        return True
