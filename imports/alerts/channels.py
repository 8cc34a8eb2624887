"""Channels that tell people: e-mail, and a webhook signed after standardwebhooks.

A failure is `Undelivered`, whose words hold no address and no secret.
"""

import asyncio
import base64
import json
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import httpx
from django.core.mail import EmailMessage
from standardwebhooks.webhooks import Webhook

from imports import conf
from imports.alerts import words
from imports.alerts.limits import limit
from imports.alerts.words import Payload
from imports.errors import Undelivered
from imports.models import AlertDelivery

Channel = AlertDelivery.Channel


@dataclass(frozen=True)
class Message:
    """What is sent; a receiver knows a second copy by its id."""

    id: UUID
    payload: Payload


def configured() -> list[str]:
    """Give the channels that are set up."""
    settings = {
        Channel.EMAIL: conf.get("ALERT_EMAILS"),
        Channel.WEBHOOK: conf.get("ALERT_WEBHOOK_URL"),
    }
    return [channel.value for channel, setting in settings.items() if setting]


def is_usable_secret(secret: str) -> bool:
    """Whether a secret can sign: 24 to 64 bytes in base64, `whsec_` before them."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    return 24 <= len(key) <= 64


def send(channel: str, message: Message) -> None:
    """Send a message; Undelivered says why it could not be."""
    if channel not in configured():
        raise Undelivered("The channel is not set up any more.")
    SENDERS[channel](message)


def _send_mail(message: Message) -> None:
    mail = EmailMessage(
        words.mail_subject(message.payload),
        words.mail_text(message.payload),
        to=conf.get("ALERT_EMAILS"),
        headers={
            "Message-ID": f"<{message.id}@scrutineer>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        mail.send()
    except smtplib.SMTPResponseException as error:
        # The server's words may repeat who we are.
        raise Undelivered(f"The mail server answered {error.smtp_code}.") from None
    except (smtplib.SMTPException, OSError) as error:
        raise Undelivered(f"No mail was sent ({type(error).__name__}).") from None


def _post(message: Message) -> None:
    body = json.dumps(message.payload, separators=(",", ":"))
    now = datetime.now(UTC)
    if not is_usable_secret(conf.get("ALERT_WEBHOOK_SECRET")):
        raise Undelivered("ALERT_WEBHOOK_SECRET cannot sign; see manage.py check.")
    signer = Webhook(conf.get("ALERT_WEBHOOK_SECRET"))
    headers = {
        "content-type": "application/json",
        "user-agent": "scrutineer",
        "webhook-id": str(message.id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(str(message.id), now, body),
    }
    try:
        status = asyncio.run(_status_of(body.encode(), headers))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        why = type(error).__name__
        raise Undelivered(f"The webhook did not answer ({why}).") from None
    if 300 <= status < 400:
        raise Undelivered(f"The webhook answered {status}; no redirect is followed.")
    if not 200 <= status < 300:
        raise Undelivered(f"The webhook answered {status}.")


async def _status_of(body: bytes, headers: dict[str, str]) -> int:
    """Post, and read nothing but the status: in all within the time for an attempt."""
    seconds = limit("SEND_SECONDS")
    client = httpx.AsyncClient(timeout=seconds, follow_redirects=False, trust_env=False)
    # An answer that trickles in never times out by itself.
    async with (
        asyncio.timeout(seconds),
        client,
        client.stream(
            "POST", conf.get("ALERT_WEBHOOK_URL"), content=body, headers=headers
        ) as response,
    ):
        return response.status_code


SENDERS: dict[str, Callable[[Message], None]] = {
    Channel.EMAIL: _send_mail,
    Channel.WEBHOOK: _post,
}
