"""Read settings from the environment, failing with a sentence that helps."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

#: The windows that a rate can be said in.
SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


@dataclass(frozen=True)
class Rate:
    """So many requests in a window of so many seconds."""

    requests: int
    seconds: int


def reader(env_file: Path) -> environ.Env:
    """Give an environment reader; a variable that is set wins over the file."""
    env = environ.Env()
    if env_file.exists():
        env.read_env(env_file)
    return env


def secret_key(env: environ.Env) -> str:
    """Give SECRET_KEY, refusing to start on a missing or a short one."""
    key: str = env.str("SECRET_KEY", default="")
    if len(key) >= 50:
        return key
    raise ImproperlyConfigured(
        "SECRET_KEY is missing or shorter than 50 characters. Run `make setup`, which "
        "writes a fresh one into .env, or set SECRET_KEY in the environment."
    )


def rate(env: environ.Env, name: str, *, default: str) -> Rate | None:
    """Give a rate such as 600/minute; None where it says off."""
    text: str = env.str(name, default=default).strip()
    if text == "off":
        return None
    requests, _, window = text.partition("/")
    if window in SECONDS and requests.isdecimal() and 0 < int(requests) < 10**6:
        return Rate(int(requests), SECONDS[window])
    raise ImproperlyConfigured(
        f"{name} is {text}; it must be such as 600/minute (second, minute, hour, day), "
        "or off."
    )


def database(
    env: environ.Env, *, embedded_data: Path, application_name: str
) -> dict[str, Any]:
    """Give DATABASES["default"]: DATABASE_URL, or the embedded PostgreSQL."""
    config = _address(env, embedded_data=embedded_data)
    options = {"application_name": application_name, **config.get("OPTIONS", {})}
    # No connection pool: qcluster forks, and a pool that is forked loses tasks. Only
    # the web keeps connections: `ingestion_site.wsgi` sets DB_CONN_SECONDS.
    seconds = env.int("DB_CONN_SECONDS", default=0)
    return {
        **config,
        "OPTIONS": options,
        "CONN_MAX_AGE": seconds,
        "CONN_HEALTH_CHECKS": seconds > 0,
    }


def _address(env: environ.Env, *, embedded_data: Path) -> dict[str, Any]:
    if not env.str("DATABASE_URL", default=""):
        return {
            "ENGINE": "ingestion_site.lib.embedded_postgres",
            "NAME": "scrutineer",
            "USER": "postgres",
            "EMBEDDED_NAME": "scrutineer",
            "EMBEDDED_DATA": embedded_data,
        }
    config: dict[str, Any] = env.db("DATABASE_URL")
    if config["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "DATABASE_URL must name a PostgreSQL database (postgres://…), "
            f"not {config['ENGINE']}."
        )
    return config
