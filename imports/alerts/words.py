"""An alert -> what is told of it: the payload of a webhook, the text of a mail."""

from typing import Any

from imports.models import Alert, AlertDelivery

Payload = dict[str, Any]
ENDS = {
    AlertDelivery.Event.OPENED: "",
    AlertDelivery.Event.REMINDER: " (still open)",
    AlertDelivery.Event.CLOSED: " (over)",
}


def payload(alert: Alert, event: str) -> Payload:
    """Give what a webhook is sent: plain JSON, the same in every attempt."""
    return {
        "type": f"alert.{event}",
        "timestamp": (alert.closed_at or alert.seen_at).isoformat(),
        "data": {
            "id": alert.pk,
            "rule": alert.rule,
            "subject": alert.subject,
            "severity": str(alert.severity),
            "state": str(alert.state),
            "message": alert.message,
            "opened_at": alert.opened_at.isoformat(),
            "closed_at": alert.closed_at and alert.closed_at.isoformat(),
        },
    }


def mail_subject(said: Payload) -> str:
    """Give the subject of a mail, in one line."""
    data = said["data"]
    event = AlertDelivery.Event(said["type"].removeprefix("alert."))
    what = " ".join(f"{data['rule']} {data['subject']}".split())
    return f"[Scrutineer] {data['severity']}: {what}{ENDS[event]}"


def mail_text(said: Payload) -> str:
    """Give the text of a mail."""
    data = said["data"]
    lines = [data["message"], "", f"Open since {data['opened_at']}."]
    if data["closed_at"]:
        lines = [f"Over since {data['closed_at']}. It was:", "", *lines]
    if data["id"]:
        lines += [f"Alert {data['id']} in the admin, where it can be acknowledged."]
    return "\n".join(lines) + "\n"
