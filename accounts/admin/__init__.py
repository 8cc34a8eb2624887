"""Tokens of the API as staff see them."""

from accounts.admin.api_token import ApiTokenAdmin

__all__ = ["ApiTokenAdmin"]
