"""The registry's figures a second time, in plain SQL that shares no code and, where it can, no table with the first.

What the first one reads off facts is read here off the log and the clocks, as they lie in the tables; whether a promise
was kept comes from its clock instead of the ledger, clocks from the log instead of their own rows. Each statement gives
(hits, of). FROM, TO, AT stand for instants, J(x) for what an event says, SECONDS(a, b) for the time between two.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.db import connection

from feedback.periods import Period

MARK = re.compile(r"J\((\w+)\.([\w.]+)\)|SECONDS\(([\w.]+), ([\w.]+)\)|\b(FROM_|TO_|AT_)\b")
DAY = 24 * 3600
MISSED, EITHER = "'missed'", "'met', 'missed'"

_SURVEY = """
    SELECT sum(CASE WHEN {hit} THEN 1 ELSE 0 END), count(*)
    FROM feedback_survey s JOIN cases_case c ON c.id = s.case_id JOIN cases_user u ON u.id = c.customer_id
    WHERE NOT c.is_drill AND NOT u.is_staff AND {of} AND s.{dated} >= FROM_ AND s.{dated} < TO_"""
_ON_THE_WAY = """(SELECT i.score FROM feedback_interim i WHERE i.case_id = s.case_id AND i.answered_at IS NOT NULL
                  ORDER BY i.answered_at DESC, i.id DESC LIMIT 1)"""
# Written out wherever they are asked, so that PostgreSQL finds a case's log by its index; it would walk the whole of it each time.
_CASES = """
    WITH one AS NOT MATERIALIZED (SELECT c.id, c.is_history FROM cases_case c
                 WHERE NOT c.is_drill AND c.filed_at >= FROM_ AND c.filed_at < TO_),
         log AS NOT MATERIALIZED (SELECT e.case_id, e.seq, e.kind, e.role, e.occurred_at, J(e.from) AS was, J(e.to) AS became,
                        CAST(J(e.tier) AS integer) AS tier, CAST(J(e.severity) AS integer) AS severity,
                        J(e.team) AS team, J(e.message.id) AS message, J(e.plan_failed) AS failed
                 FROM cases_event e JOIN one ON one.id = e.case_id),
         first AS (SELECT case_id, min(seq) AS seq FROM log
                   WHERE was = 'answered' AND became IN ('confirmed', 'closed') GROUP BY case_id),
         settled AS (SELECT log.case_id, log.seq, log.occurred_at FROM log
                     JOIN first ON first.case_id = log.case_id AND first.seq = log.seq
                     JOIN one ON one.id = log.case_id AND NOT one.is_history),
         named AS (SELECT case_id, min(seq) AS seq FROM log
                   WHERE became = 'acknowledged' AND was <> 'acknowledged' GROUP BY case_id),
         pair AS (SELECT a.case_id, b.seq, a.tier AS tier, b.tier AS tier_after, a.team AS team, b.team AS team_after
                  FROM log a JOIN log b ON b.case_id = a.case_id AND b.seq = a.seq + 1),
         high AS (SELECT case_id, min(seq) AS seq FROM log WHERE tier > 1 GROUP BY case_id)
    SELECT sum(CASE WHEN {hit} THEN 1 ELSE 0 END), count(*) FROM {of}"""
_BACK = """(EXISTS (SELECT 1 FROM log WHERE log.case_id = settled.case_id AND log.seq > settled.seq
                     AND log.kind = 'reopened' AND SECONDS(settled.occurred_at, log.occurred_at) <= {days})
            OR EXISTS (SELECT 1 FROM cases_case n WHERE n.follows_id = settled.case_id AND NOT n.is_drill
                       AND SECONDS(settled.occurred_at, n.filed_at) <= {days}))"""
_OLD = "settled WHERE SECONDS(settled.occurred_at, AT_) >= {days}"
_AT_FIRST = f"""(SELECT count(*) FROM log WHERE log.case_id = settled.case_id AND log.seq < settled.seq
                  AND log.role = 'staff' AND log.message IS NOT NULL AND log.kind NOT IN ('customer_wrote', 'reopened')) <= 1
    AND NOT EXISTS (SELECT 1 FROM high WHERE high.case_id = settled.case_id AND high.seq < settled.seq)
    AND NOT {_BACK.format(days=7 * DAY)}"""
_HERE = "one WHERE NOT one.is_history"
_HAS = "EXISTS (SELECT 1 FROM log WHERE log.case_id = one.id AND {})"
_REPLIED = _HAS.format("log.became = 'answered' AND log.was <> 'answered'")
#: A clock that began and ended in one round of the engine was to be told, and nobody ever was.
_SHOWN = "EXISTS (SELECT 1 FROM escalation_promise p WHERE p.clock_id = k.id)"
_TOLD = (
    """(SELECT count(*) FROM escalation_stageclock k WHERE k.case_id = one.id AND k.told
            AND k.kind <> 'confirm' AND k.outcome IN ({}) AND """
    + _SHOWN
    + ")"
)
#: Straight from the rows of the inbox; the score itself is not asked.
_LOW = """
    SELECT sum(CASE WHEN l.done_at IS NOT NULL AND SECONDS(l.done_at, l.due_at) >= 0 THEN 1 ELSE 0 END), count(*)
    FROM feedback_lowscore l JOIN cases_case c ON c.id = l.case_id JOIN cases_user u ON u.id = c.customer_id
    WHERE NOT l.is_drill AND NOT u.is_staff AND l.due_at >= FROM_ AND l.due_at < TO_ AND l.due_at <= AT_
    AND NOT (l.withdrawn_at IS NOT NULL AND SECONDS(l.withdrawn_at, l.due_at) >= 0)"""
#: Straight from the clocks: the engine never ends one while an earlier step is owed, so in time is in order.
_STEPS = """
    SELECT sum(CASE WHEN k.outcome IN ('met', 'elapsed') THEN 1 ELSE 0 END), count(*)
    FROM escalation_stageclock k JOIN cases_case c ON c.id = k.case_id
    WHERE NOT c.is_drill AND NOT c.is_history AND c.filed_at >= FROM_ AND c.filed_at < TO_
    AND k.outcome IN ('met', 'elapsed', 'missed')
    AND k.kind IN ('review', 'acknowledge', 'update', 'reply', 'resolve', 'supervisor', 'survey')"""
_RETROS = """
    SELECT sum(CASE WHEN r.level <> '' THEN 1 ELSE 0 END), count(*)
    FROM feedback_retro r JOIN cases_case c ON c.id = r.case_id
    WHERE NOT c.is_drill AND r.asked_at >= FROM_ AND r.asked_at < TO_"""
#: Straight from the rows of the list: the newest of each case that its case had not left behind by its time.
_COUNTS = "NOT ({0}.stopped_at IS NOT NULL AND SECONDS({0}.stopped_at, {0}.due_at) >= 0)"
_FOLLOWED = f"""
    SELECT sum(CASE WHEN w.how IN ('letter', 'phone') AND SECONDS(w.done_at, w.due_at) >= 0 THEN 1 ELSE 0 END), count(*)
    FROM feedback_followup w JOIN cases_case c ON c.id = w.case_id
    WHERE NOT c.is_drill AND w.due_at >= FROM_ AND w.due_at < TO_ AND w.due_at <= AT_ AND {_COUNTS.format("w")}
    AND NOT EXISTS (SELECT 1 FROM feedback_followup n WHERE n.case_id = w.case_id
                    AND SECONDS(w.settled_at, n.settled_at) > 0 AND {_COUNTS.format("n")})"""
_KEPT = (
    """
    SELECT sum(CASE WHEN k.outcome = 'met' THEN 1 ELSE 0 END), count(*) FROM escalation_stageclock k
    WHERE NOT k.is_drill AND k.told AND k.outcome IN ('met', 'missed') AND k.kind IN ({})
    AND k.due_at >= FROM_ AND k.due_at < TO_ AND k.due_at <= AT_ AND """
    + _SHOWN
)
_ENDED = """
    SELECT sum(CASE WHEN o.outcome = 'met' THEN 1 ELSE 0 END), count(*) FROM ({}) o
    WHERE o.outcome IN ('met', 'missed') AND o.occurred_at >= FROM_ AND o.occurred_at < TO_"""
#: Imported history tells of reviews, and of answers that did not come in the same instant in which their clock began.
_ENDS = """SELECT J(e.ended.{kind}) AS outcome, e.occurred_at FROM cases_event e JOIN cases_case c ON c.id = e.case_id AND NOT c.is_drill
    WHERE J(e.ended.{kind}) IS NOT NULL AND (NOT c.is_history OR '{kind}' = 'review' OR ('{kind}' = 'resolve' AND e.occurred_at >
        (SELECT max(b.occurred_at) FROM cases_event b WHERE b.case_id = e.case_id AND b.seq < e.seq AND J(b.started.{kind}) IS NOT NULL)))"""


def _said(of: str, hit: str, dated: str = "answered_at") -> str:
    return _SURVEY.format(of=of, hit=hit, dated=dated)


def _case(of: str, hit: str) -> str:
    return _CASES.format(of=of, hit=hit)


def _kept(*kinds: str) -> str:
    return _KEPT.format(", ".join(f"'{kind}'" for kind in kinds))


def _ended(*kinds: str) -> str:
    return _ENDED.format(" UNION ALL ".join(_ENDS.format(kind=kind) for kind in kinds))


#: By the registry's keys.
SQL = {
    "satisfied": _said("s.answered_at IS NOT NULL", "s.satisfaction > 3"),
    "low": _said("s.answered_at IS NOT NULL", "s.satisfaction < 3"),
    "low_in_time": _LOW,
    "response": _said("s.invited_at IS NOT NULL", "s.answered_at IS NOT NULL", "invited_at"),
    "addressed": _said("s.fixed <> ''", "s.fixed = 'yes'"),
    "partly": _said("s.fixed <> ''", "s.fixed = 'partly'"),
    "heard": _said("s.heard <> ''", "s.heard = 'yes'"),
    "recovered": _said(f"{_ON_THE_WAY} IS NOT NULL AND s.answered_at IS NOT NULL", f"s.satisfaction > {_ON_THE_WAY}"),
    "easy": _said("s.effort IS NOT NULL", "s.effort > 3"),
    "escalated": _case("one", "EXISTS (SELECT 1 FROM high WHERE high.case_id = one.id)"),
    "at_first": _case(_OLD.format(days=7 * DAY), _AT_FIRST),
    "back_7": _case(_OLD.format(days=7 * DAY), _BACK.format(days=7 * DAY)),
    "back_30": _case(_OLD.format(days=30 * DAY), _BACK.format(days=30 * DAY)),
    "followed_up": _FOLLOWED,
    "rejected": _case(f"one WHERE {_REPLIED}", _HAS.format("log.was = 'answered' AND log.became = 'reopened'")),
    "grown": _case(
        _HERE,
        "(SELECT min(severity) FROM log WHERE log.case_id = one.id)"
        " < (SELECT severity FROM log WHERE log.case_id = one.id AND log.seq = 1)",
    ),
    "astray": _case(
        "one JOIN named ON named.case_id = one.id AND NOT one.is_history",
        "EXISTS (SELECT 1 FROM pair WHERE pair.case_id = one.id AND pair.seq <= named.seq"
        " AND pair.team <> pair.team_after AND pair.tier_after <= pair.tier)",
    ),
    "down": _case(
        "one JOIN high ON high.case_id = one.id",
        "EXISTS (SELECT 1 FROM pair WHERE pair.case_id = one.id AND pair.tier_after < pair.tier)",
    ),
    "supervisor": _case(
        _HERE, "EXISTS (SELECT 1 FROM escalation_stageclock k WHERE k.case_id = one.id AND k.kind = 'supervisor')"
    ),
    "exhausted": _case(_HERE, _HAS.format("log.failed IS NOT NULL")),
    "post_mortem": _case(
        _HERE, "EXISTS (SELECT 1 FROM feedback_ground g WHERE g.case_id = one.id AND NOT g.is_drill)"
    ),
    "adherence": _STEPS,
    "retro": _RETROS,
    "broken_twice": _case(f"one WHERE {_TOLD.format(EITHER)} > 0", f"{_TOLD.format(MISSED)} > 1"),
    "kept": _kept("review", "acknowledge", "update", "reply", "resolve", "supervisor"),
    "kept_1": _kept("review"),
    "kept_2": _kept("acknowledge"),
    "kept_3": _kept("update", "reply"),
    "kept_4": _kept("resolve"),
    "kept_supervisor": _kept("supervisor"),
    "in_time_review": _ended("review"),
    "in_time_acknowledge": _ended("acknowledge"),
    "in_time_update": _ended("update", "reply"),
    "in_time_resolve": _ended("resolve"),
}  # fmt: skip


def second(key: str, period: Period, at: datetime) -> tuple[int, int]:
    """(hits, of) of the figure `key`, by plain SQL."""
    ((hits, n),) = ask(SQL[key], period, at)
    return int(hits or 0), n


def ask(sql: str, period: Period, at: datetime) -> list[tuple]:
    """The rows of a statement in which FROM_, TO_, AT_, J and SECONDS stand for what they mean here."""
    given: list[object] = []
    instants = {"FROM_": period.start, "TO_": period.end, "AT_": at}
    is_lite = connection.vendor == "sqlite"

    def instant(name: str) -> str:
        given.append(connection.ops.adapt_datetimefield_value(instants[name]))
        return "%s" if is_lite else "%s::timestamptz"

    def spelled(found: re.Match[str]) -> str:
        table, path, start, end, name = found.groups()
        if name:
            return instant(name)
        if table:
            if is_lite:
                return f"json_extract({table}.data, '$.{path}')"
            return f"({table}.data #>> '{{{path.replace('.', ',')}}}')"
        start, end = (instant(one) if one in instants else one for one in (start, end))
        if is_lite:
            return f"((julianday({end}) - julianday({start})) * 86400.0)"
        return f"extract(epoch from {end} - {start})"

    with connection.cursor() as cursor:
        cursor.execute(MARK.sub(spelled, sql), given)
        return cursor.fetchall()
