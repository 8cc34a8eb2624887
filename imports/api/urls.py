"""The resources of the API by name."""

from typing import Any

from django.urls import path
from rest_framework.routers import DefaultRouter

from imports.api import exports, views
from imports.api.conflicts import ConflictViewSet
from imports.api.plan import RunPlanView
from imports.api.rejects import RunRejectionsView
from imports.api.run_races import RunRacesViewSet
from imports.api.uploads import FileContentView
from races.api.removals import RemovalViewSet
from stats.api.snapshots import SnapshotViewSet
from stats.api.views import EntrantStatsViewSet, RaceStatsViewSet


class IdRouter(DefaultRouter):
    """Addresses whose ids are digits: what int() would also take is no id of ours."""

    def get_lookup_regex(self, viewset: Any, lookup_prefix: str = "") -> str:
        """Give the id's place in the address."""
        return f"<int:{viewset.lookup_url_kwarg or viewset.lookup_field}>"


router = IdRouter(use_regex_path=False)
router.include_format_suffixes = False
router.register("venues", views.VenueViewSet)
router.register("teams", views.TeamViewSet)
router.register("competitors", views.CompetitorViewSet)
router.register("meetings", views.MeetingViewSet)
router.register("races", views.RaceViewSet)
router.register("entrants", views.EntrantViewSet)
router.register("laps", views.LapViewSet)
router.register("pit-stops", views.PitStopViewSet)
router.register("entrant-stats", EntrantStatsViewSet)
router.register("race-stats", RaceStatsViewSet)
router.register("files", views.FileViewSet)
router.register("runs", views.RunViewSet)
router.register("rejections", views.RejectionViewSet)
router.register("conflicts", ConflictViewSet)
router.register("snapshots", SnapshotViewSet)
router.register("removals", RemovalViewSet)

urlpatterns = [
    path("runs/<int:id>/rejections.csv", RunRejectionsView.as_view()),
    path("runs/<int:id>/plan/", RunPlanView.as_view()),
    *exports.urlpatterns,
    path(
        "runs/<int:id>/races/", RunRacesViewSet.as_view({"get": "list"}, detail=False)
    ),
    path("files/<int:id>/content", FileContentView.as_view()),
    *router.urls,
]
