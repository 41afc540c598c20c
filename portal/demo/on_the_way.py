"""What customers of the demo said while their case was under way, one of three a little happier then than in the end."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.models import TouchedCase
from feedback.models import Interim, Survey

AFTER = timedelta(hours=1)
ACKNOWLEDGED = 2  # the milestone after which they were asked
#: How much lower than in the end, by turns.
LOWER = (1, 2, -1, 0, 1, 2)


def say(now: datetime) -> None:
    """An answer of each customer whose case went up and who rated it in the end, an hour after it went up."""
    rated = Survey.objects.filter(answered_at__isnull=False, case__escalated_at__isnull=False, case__is_history=False)
    rows = []
    for number, survey in enumerate(rated.select_related("case").order_by("answered_at", "pk")):
        went_up, settled = survey.case.escalated_at, survey.case.resolved_at
        if went_up is None or settled is None or went_up + 2 * AFTER >= settled:
            continue
        score = max(1, min(5, (survey.satisfaction or 1) - LOWER[number % len(LOWER)]))
        asked, said = went_up + AFTER, went_up + 2 * AFTER
        rows.append(
            Interim(
                case=survey.case, milestone=ACKNOWLEDGED, owed_at=went_up, asked_at=asked, answered_at=said, score=score
            )
        )
    Interim.objects.bulk_create(rows)
    TouchedCase.note([row.case_id for row in rows], now)
