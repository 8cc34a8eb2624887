"""Tokens of the API for operators: make, list, revoke."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.views.decorators.debug import sensitive_variables

from accounts import tokens
from accounts.models import ApiToken


class Command(BaseCommand):
    help = (
        "Make, list and revoke tokens of the API. `create` prints the secret, alone and "
        "once, on stdout; all else that it says is on stderr."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="do", required=True)
        create = commands.add_parser("create", help="Make a token.")
        create.add_argument("--user", required=True, help="Who it acts as.")
        create.add_argument("--name", required=True, help="Who or what will use it.")
        create.add_argument(
            "--scopes",
            default="read",
            help="Some of read, upload, run, with commas between; default read.",
        )
        create.add_argument(
            "--days",
            type=int,
            default=tokens.DEFAULT_DAYS,
            help=f"How long it is valid: 1 to {tokens.MOST_DAYS}, default {tokens.DEFAULT_DAYS}.",
        )
        commands.add_parser("list", help="List all tokens, the newest first.")
        revoke = commands.add_parser("revoke", help="Revoke a token for good.")
        revoke.add_argument("id", type=int, help="Its number, as `list` gives it.")

    def handle(self, *args: Any, **options: Any) -> None:
        {"create": self._create, "list": self._list, "revoke": self._revoke}[
            options["do"]
        ](options)

    @sensitive_variables("issued")
    def _create(self, options: dict[str, Any]) -> None:
        scopes = [scope.strip() for scope in options["scopes"].split(",")]
        if unknown := sorted(set(scopes) - set(ApiToken.Scope.values)):
            known = ", ".join(ApiToken.Scope.values)
            raise CommandError(f"No scopes: {', '.join(unknown)}. There are: {known}.")
        if not 1 <= len(options["name"]) <= 100:
            raise CommandError("--name must have 1 to 100 characters.")
        user = (
            get_user_model()._default_manager.filter(username=options["user"]).first()
        )
        if user is None or not user.is_active:
            raise CommandError(f"There is no active user {options['user']}.")
        try:
            issued = tokens.issue(
                user, name=options["name"], scopes=scopes, days=options["days"]
            )
        except ValueError as error:
            raise CommandError(str(error)) from None
        token = issued.token
        self.stderr.write(
            f"Token {token.pk} of {user} ({', '.join(token.scopes)}) is valid until "
            f"{token.expires_at:%Y-%m-%d %H:%M} UTC. Keep it now: it is not shown again."
        )
        self.stdout.write(issued.secret)

    def _list(self, options: dict[str, Any]) -> None:
        for token in ApiToken.objects.select_related("user").order_by("-pk"):
            used = token.last_used_at
            cells = [
                str(token.pk),
                f"{token.prefix}…",
                str(token.user),
                ",".join(token.scopes),
                str(token.state),
                f"{token.expires_at:%Y-%m-%d}",
                f"{used:%Y-%m-%d %H:%M}" if used else "never",
                token.name,
            ]
            self.stdout.write("\t".join(cells))

    def _revoke(self, options: dict[str, Any]) -> None:
        token = ApiToken.objects.filter(pk=options["id"])
        if not token.exists():
            raise CommandError(f"There is no token {options['id']}; `list` has them.")
        if not tokens.revoke(token):
            raise CommandError(f"Token {options['id']} is revoked already.")
        self.stderr.write(f"Token {options['id']} is revoked.")
