"""The site: settings, URLs and what knows no app."""
