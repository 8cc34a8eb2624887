"""Who asks: by token, by session, or by name and password where that is switched on."""

import contextlib
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.views.decorators.debug import sensitive_variables
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.request import Request

from accounts import rates, tokens
from accounts.models import ApiToken

SCHEME = "bearer"
CHALLENGE = 'Bearer realm="api"'


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer scr_…`. Every token that is not good is refused alike."""

    @sensitive_variables("header", "secret")
    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """Give the user and the token, or leave it to the others, or refuse."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != SCHEME:
            return None
        token = tokens.find(secret.strip(" "))
        if token is None:
            raise AuthenticationFailed(
                "The token is unknown, expired or revoked, or its user is inactive.",
                code="invalid_token",
            )
        # A server that only reads still answers.
        with contextlib.suppress(DatabaseError):
            tokens.note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Say how to come in, and whether it was tried (RFC 6750)."""
        given = request.META.get("HTTP_AUTHORIZATION", "")
        if given.partition(" ")[0].lower() == SCHEME:
            return f'{CHALLENGE}, error="invalid_token"'
        return CHALLENGE


class SessionAuthentication(authentication.SessionAuthentication):
    """Who is logged in to the admin; writes need the CSRF token."""

    def enforce_csrf(self, request: Any) -> None:
        """Refuse in the words of the API."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise PermissionDenied(str(error.detail), code="csrf_failed") from None


class PasswordAuthentication(authentication.BasicAuthentication):
    """HTTP Basic, where `API_PASSWORDS` says so."""

    def authenticate(self, request: Request) -> Any:
        """Refuse where it is off, or where too many wrong ones came from there."""
        given = request.META.get("HTTP_AUTHORIZATION", "")
        if given.partition(" ")[0].lower() != "basic":
            return None
        if not settings.API_PASSWORDS:
            raise AuthenticationFailed(
                "Passwords are not taken here.", code="passwords_off"
            )
        # Before the password is looked at: or the right guess would still come in.
        allowance = rates.look(rates.FAILURES, key=rates.key_of_address(request))
        if allowance is not None and allowance.remaining < 1:
            raise Throttled(allowance.seconds)
        return super().authenticate(request)

    @sensitive_variables("password")
    def authenticate_credentials(
        self, userid: str, password: str, request: Any = None
    ) -> Any:
        """Give the user, or refuse."""
        # PostgreSQL cannot even be asked for a name with a NUL in it.
        if "\x00" in userid:
            raise AuthenticationFailed("Invalid username/password.")
        return super().authenticate_credentials(userid, password, request)
