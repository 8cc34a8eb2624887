"""Venues, teams and competitors: what the races of one source share."""

from django.contrib import admin

from ingestion_site.lib.read_only_admin import Fact
from races.admin.versioned_page import VersionedPageAdmin, attribute_facts
from races.models import Competitor, Team, Venue


class SharedAdmin(VersionedPageAdmin):
    """What all of them show."""

    list_display = ["__str__", "key", "source"]
    list_filter = ["source"]
    search_fields = ["name", "key"]
    ordering = ["name", "pk"]

    def facts(self, obj: Venue | Team | Competitor) -> list[Fact]:
        return [
            ("Name", obj.name),
            ("Source", obj.source),
            ("Key", obj.key),
            *attribute_facts(obj),
        ]


@admin.register(Venue)
class VenueAdmin(SharedAdmin):
    list_display = ["__str__", "locality", "country", "timezone", "key", "source"]
    list_filter = ["source", "country"]
    search_fields = ["name", "key", "locality", "country"]

    def facts(self, obj: Venue) -> list[Fact]:  # type: ignore[override]
        return [
            ("Locality", obj.locality),
            ("Country", obj.country),
            ("Timezone", obj.timezone),
            *super().facts(obj),
        ]


@admin.register(Team)
class TeamAdmin(SharedAdmin):
    """Teams, stables and constructors."""


@admin.register(Competitor)
class CompetitorAdmin(SharedAdmin):
    """Drivers, horses, dogs, riders and crews."""
