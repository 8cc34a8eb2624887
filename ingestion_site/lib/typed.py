"""What a person typed into a field without a form: text that PostgreSQL can hold."""

from django.http import HttpRequest


def typed(request: HttpRequest, name: str, *, most: int) -> str:
    """Give a field's text without blanks around it, cut to what is kept of it."""
    text: str = request.POST.get(name, "")
    return text.replace("\0", "").strip()[:most]
