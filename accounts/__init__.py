"""Who asks over HTTP: tokens with scopes, and how often each may ask.

Comes in: requests to the API, staff who make tokens. Goes out: a known user and what the
token covers, or a refusal. It knows no race and no file.
"""
