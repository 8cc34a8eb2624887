"""The web application for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

# Each worker keeps its connection: making one takes longer than most answers.
os.environ.setdefault("DB_CONN_SECONDS", "60")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ingestion_site.settings")

application = get_wsgi_application()
