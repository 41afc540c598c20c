"""The tables of promises, climbs and hours a second time, in plain SQL from the log and the clocks; as in oracle_sql."""

from __future__ import annotations

#: (milestone's kind of clock, severity, kept, of): the clock instead of the ledger.
GRID = """
    SELECT k.kind, k.severity, sum(CASE WHEN k.outcome = 'met' THEN 1 ELSE 0 END), count(*) FROM escalation_stageclock k
    WHERE NOT k.is_drill AND k.told AND k.outcome IN ('met', 'missed') AND k.kind NOT IN ('confirm', 'lapse')
    AND k.due_at >= FROM_ AND k.due_at < TO_ AND k.due_at <= AT_
    AND EXISTS (SELECT 1 FROM escalation_promise p WHERE p.clock_id = k.id) GROUP BY k.kind, k.severity"""
_PAIRS = """
    WITH pair AS (SELECT e.case_id, e.seq, e.kind, CAST(J(e.tier) AS integer) AS tier,
                         lag(CAST(J(e.tier) AS integer)) OVER (PARTITION BY e.case_id ORDER BY e.seq) AS was
                  FROM cases_event e JOIN cases_case c ON c.id = e.case_id AND NOT c.is_drill
                  WHERE c.filed_at >= FROM_ AND c.filed_at < TO_)"""
#: (from, to, cases)
FLOW = f"{_PAIRS} SELECT was, tier, count(DISTINCT case_id) FROM pair WHERE tier > was GROUP BY was, tier"
#: (kind of event, whether the customer had opened it again before, cases)
WHY = f"""{_PAIRS} SELECT kind, EXISTS (SELECT 1 FROM cases_event b WHERE b.case_id = pair.case_id AND b.seq < pair.seq
                                      AND b.kind IN ('rejected', 'reopened')) AS again, count(DISTINCT case_id)
    FROM pair WHERE tier > was GROUP BY kind, again"""


def owed(kind: str) -> str:
    """(protocol, team, in time, of) of one kind of clock, from the events that began and ended it."""
    return f"""
    WITH log AS (SELECT e.case_id, e.seq, e.occurred_at, e.protocol, c.is_history, J(e.team) AS team, J(e.ended.{kind}) AS outcome,
                        CASE WHEN J(e.started.{kind}) IS NOT NULL THEN e.seq END AS began
                 FROM cases_event e JOIN cases_case c ON c.id = e.case_id AND NOT c.is_drill),
         pair AS (SELECT log.*, max(began) OVER (PARTITION BY case_id ORDER BY seq
                                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_began FROM log)
    SELECT b.protocol, b.team, sum(CASE WHEN o.outcome = 'met' THEN 1 ELSE 0 END), count(*)
    FROM pair o JOIN pair b ON b.case_id = o.case_id AND b.seq = o.last_began
    WHERE o.outcome IN ('met', 'missed') AND o.occurred_at >= FROM_ AND o.occurred_at < TO_
    AND (NOT o.is_history OR '{kind}' = 'review' OR ('{kind}' = 'resolve' AND o.occurred_at > b.occurred_at))
    GROUP BY b.protocol, b.team"""


#: (team, state, seconds): each event until the next one, the last one until AT_, of cases that ever were above level 1.
HOURS = """
    WITH log AS (SELECT e.case_id, J(e.team) AS team, J(e.to) AS became, e.occurred_at AS since,
                        lead(e.occurred_at) OVER (PARTITION BY e.case_id ORDER BY e.seq) AS after
                 FROM cases_event e JOIN cases_case c ON c.id = e.case_id AND NOT c.is_drill
                 WHERE c.filed_at >= FROM_ AND c.filed_at < TO_
                 AND EXISTS (SELECT 1 FROM cases_event u WHERE u.case_id = c.id AND CAST(J(u.tier) AS integer) > 1)),
         timed AS (SELECT team, became, since, COALESCE(after, AT_) AS until FROM log)
    SELECT team, became, sum(SECONDS(timed.since, timed.until)) FROM timed GROUP BY team, became"""
_OWNED = """
    SELECT t.slug, c.owner_id, sum(CASE WHEN {hit} THEN 1 ELSE 0 END), count(*)
    FROM cases_case c JOIN cases_category t ON t.id = c.category_id JOIN cases_user u ON u.id = c.customer_id
    WHERE NOT c.is_drill AND NOT c.is_history AND c.owner_id IS NOT NULL AND c.filed_at >= FROM_ AND c.filed_at < TO_
    AND {of} GROUP BY t.slug, c.owner_id"""
_LOG = "EXISTS (SELECT 1 FROM cases_event e WHERE e.case_id = c.id AND {})"
_CLOCK = """EXISTS (SELECT 1 FROM escalation_stageclock k WHERE k.case_id = c.id AND k.told AND k.kind NOT IN ('confirm', 'lapse')
            AND k.outcome IN ({}) AND EXISTS (SELECT 1 FROM escalation_promise p WHERE p.clock_id = k.id))"""
_SAID = "EXISTS (SELECT 1 FROM feedback_survey s WHERE s.case_id = c.id AND s.answered_at IS NOT NULL{})"
#: (topic, owner, hits, of) of each aspect.
GAPS = {
    "low": _OWNED.format(of=f"NOT u.is_staff AND {_SAID.format('')}", hit=_SAID.format(" AND s.satisfaction < 3")),
    "again": _OWNED.format(
        of=_LOG.format("e.kind = 'answered'"), hit=_LOG.format("e.kind IN ('rejected', 'reopened')")
    ),
    "missed": _OWNED.format(of=_CLOCK.format("'met', 'missed'"), hit=_CLOCK.format("'missed'")),
    "up": _OWNED.format(of="1 = 1", hit=_LOG.format("CAST(J(e.tier) AS integer) > 1")),
}
