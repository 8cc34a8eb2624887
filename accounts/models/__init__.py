"""Tokens, and what was asked with them lately."""

from accounts.models.api_token import ApiToken
from accounts.models.request_count import RequestCount

__all__ = ["ApiToken", "RequestCount"]
