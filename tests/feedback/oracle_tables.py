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
    WITH began AS (SELECT e.case_id, e.seq, e.protocol, J(e.team) AS team FROM cases_event e
                   JOIN cases_case c ON c.id = e.case_id AND NOT c.is_drill WHERE J(e.started.{kind}) IS NOT NULL),
         ended AS (SELECT e.case_id, e.seq, e.occurred_at, J(e.ended.{kind}) AS outcome FROM cases_event e
                   JOIN cases_case c ON c.id = e.case_id AND NOT c.is_drill WHERE J(e.ended.{kind}) IN ('met', 'missed'))
    SELECT b.protocol, b.team, sum(CASE WHEN o.outcome = 'met' THEN 1 ELSE 0 END), count(*)
    FROM ended o JOIN began b ON b.case_id = o.case_id
     AND b.seq = (SELECT max(x.seq) FROM began x WHERE x.case_id = o.case_id AND x.seq < o.seq)
    WHERE o.occurred_at >= FROM_ AND o.occurred_at < TO_ GROUP BY b.protocol, b.team"""
