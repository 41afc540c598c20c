"""What probes ask: is this process well, is the engine on time, is the database ours; without any data."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import beat, clock


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers and the beat has gone round well lately; else 503 and which of the two."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        late = beat.is_late(clock.now())
    except DatabaseError:
        return _answer(database="no answer", beat="unknown")
    return _answer(database="ok", beat="late" if late else "ok")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 once the database answers and every migration is applied: this process may be sent customers."""
    try:
        executor = MigrationExecutor(connection)
        behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return _answer(database="no answer", migrations="unknown")
    return _answer(database="ok", migrations="missing" if behind else "ok")


def _answer(**parts: str) -> JsonResponse:
    well = set(parts.values()) == {"ok"}
    return JsonResponse({"status": "ok" if well else "not ok"} | parts, status=200 if well else 503)
