"""The pages' figures a second time, in plain Python over the tables as they lie there: no model, query or formula of the product.

Each row of a case holds its log. What the product asks the database for, one figure at a time, is read off here case by
case; shares are (hits, of), times lists of (seconds, whether it ended).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from types import SimpleNamespace as Row

from tests.feedback.oracle_rows import (
    Office,
    Pair,
    at_once,
    first,
    had,
    is_word,
    opened_again,
    rows_of,
    share,
    shares,
    went_up,
)  # fmt: skip

Times = list[tuple[float, bool]]
OURS_TO_ACT = {"new", "escalated", "reviewed", "passed", "acknowledged", "working", "reopened", "waiting_partner"}
STAGE = {
    "new": "review", "escalated": "review", "reviewed": "acknowledgment", "passed": "acknowledgment",
    "acknowledged": "work", "working": "work", "reopened": "work", "waiting_customer": "waiting_customer",
    "waiting_partner": "waiting_partner", "answered": "confirmation",
}  # fmt: skip
WEEK, MONTH, QUARTER = timedelta(days=7), timedelta(days=30), timedelta(days=90)


class Plain:
    """Every live case with its log, clocks, promises, survey; looked at as of `at`."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        cases = rows_of(
            "SELECT c.*, g.slug AS topic, t.slug AS team, u.is_staff AS is_ours, u.last_login AS signed_in_at, u.erased_at AS left_at FROM cases_case c"
            " JOIN cases_category g ON g.id = c.category_id JOIN cases_user u ON u.id = c.customer_id"
            " LEFT JOIN cases_team t ON t.id = c.team_id ORDER BY c.id"
        )
        self.cases = {one.id: one for one in cases if not one.is_drill}
        for one in self.cases.values():
            one.log, one.clocks, one.survey, one.interims, one.next_ones = [], [], None, [], []
        for event in rows_of(
            "SELECT case_id, seq, kind, role, occurred_at, protocol, data FROM cases_event ORDER BY case_id, seq"
        ):
            if event.case_id in self.cases:
                event.state, event.level, event.has = event.data["to"], int(event.data["tier"]), event.data.get("team")
                self.cases[event.case_id].log.append(event)
        told = {row.clock_id for row in rows_of("SELECT clock_id FROM escalation_promise")}
        for clock in rows_of("SELECT * FROM escalation_stageclock ORDER BY case_id, started_seq, id"):
            clock.shown = clock.id in told
            if clock.case_id in self.cases:
                self.cases[clock.case_id].clocks.append(clock)
        for survey in rows_of("SELECT * FROM feedback_survey ORDER BY id"):
            if survey.case_id in self.cases:
                self.cases[survey.case_id].survey = survey
        for one in rows_of("SELECT * FROM feedback_interim WHERE answered_at IS NOT NULL ORDER BY answered_at, id"):
            self.cases[one.case_id].interims.append(one.score)
        for one in self.cases.values():
            if one.follows_id in self.cases:
                self.cases[one.follows_id].next_ones.append(one.filed_at)
        (office,) = rows_of("SELECT document FROM escalation_calendarversion WHERE label = 'office@1'")
        self.office = Office(office.document)

    def filed(self, period, here: bool = False) -> list[Row]:
        found = [one for one in self.cases.values() if period.start <= one.filed_at < period.end]
        return [one for one in found if not (here and one.is_history)]

    def answered(self, period) -> list[Row]:
        """Cases whose customer, no colleague of ours, answered the survey in the period."""
        return [
            one for one in self.cases.values()
            if one.survey and one.survey.answered_at and period.start <= one.survey.answered_at < period.end and not one.is_ours
        ]  # fmt: skip

    def first_teams(self, period) -> dict[str, Pair]:
        """Of the cases filed those that went up, by the first team the log names."""
        return shares(
            (next((e.has for e in one.log if e.has), ""), went_up(one) is not None) for one in self.filed(period)
        )

    # Times --------------------------------------------------------------------------------------------------------

    def times(self, period) -> dict[str, Times]:
        found: dict[str, Times] = defaultdict(list)
        for one in self.filed(period):
            end, done = one.resolved_at or one.closed_at or self.at, one.resolved_at is not None
            found["time_answer"].append(((end - one.filed_at).total_seconds(), done))
            if (up := went_up(one)) is not None:
                found["time_resolve"].append(((end - one.filed_at).total_seconds(), done))
                found["time_handling"].append((max(0.0, (end - up).total_seconds()), done))
                found["working"].append((self.office.worked(one.filed_at, max(end, one.filed_at)), done))
            if one.is_history:
                continue
            asked = first(e.occurred_at for e in one.log if "acknowledge" in e.data["started"])
            named = first(e.occurred_at for e in one.log if e.kind in ("acknowledged", "answered"))
            if asked is not None:
                took = ((named or one.closed_at or self.at) - asked).total_seconds()
                found["time_acknowledge"].append((max(0.0, took), named is not None))
            found["time_silence"].append(self.silence(one))
        return found

    def silence(self, one: Row) -> tuple[float, bool]:
        """The longest office time without a word of ours while it was our turn, the one that goes on included."""
        lengths, since = [0.0], None
        for event in one.log:
            mine = event.state in OURS_TO_ACT
            if since is not None and (is_word(event) or not mine):
                lengths.append(float(int(self.office.worked(since, event.occurred_at))))
                since = None
            if mine and since is None:
                since = event.occurred_at
        if since is not None:
            lengths.append(self.office.worked(since, self.at) if since < self.at else 0.0)
        return max(lengths), one.log[-1].state not in STAGE

    def names(self, period) -> dict[str, Times]:
        """By team: from each hand-over to the name. Missed and asked again of the same team is one hand-over."""
        found: dict[str, Times] = defaultdict(list)
        for one in self.filed_ever(here=True):
            runs: list[list] = []
            for clock in one.clocks:
                if clock.kind != "acknowledge":
                    continue
                team = next(e.has for e in one.log if e.seq == clock.started_seq)
                if runs and runs[-1][0] == team and runs[-1][3] == "missed":
                    runs[-1][2:] = [clock.ended_at, clock.outcome]
                else:
                    runs.append([team, clock.started_at, clock.ended_at, clock.outcome])
            for team, since, until, outcome in runs:
                if period.start <= since < period.end:
                    took = max(0.0, ((until or self.at) - since).total_seconds())
                    found[team].append((took, outcome == "met"))
        return found

    def filed_ever(self, *, here: bool) -> list[Row]:
        return [one for one in self.cases.values() if not (here and one.is_history)]

    # Escalated cases ----------------------------------------------------------------------------------------------

    def needless(self, one: Row) -> bool:
        """It came down again, or was answered at once without other work after it was last passed up."""
        return any(b.level < a.level for a, b in pairwise(one.log)) or at_once(one)

    def false_by_version(self, period) -> dict[str, Pair]:
        up = [one for one in self.filed(period, here=True) if went_up(one) is not None]
        return shares((one.protocol, self.needless(one)) for one in up)

    def load(self) -> Counter[str]:
        settled = ("confirmed", "feedback", "closed", "withdrawn", "merged")
        return Counter(one.team for one in self.cases.values() if one.state not in settled and went_up(one) is not None)

    def hours(self, period) -> Row:
        """Seconds by (team, stage) and case, by topic and stage, above level 1, and of that for nothing."""
        found = Row(typical={}, topics=defaultdict(Counter), above=0, needless=0)
        cells: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        for one in self.filed(period):
            if went_up(one) is None:
                continue
            ends = [event.occurred_at for event in one.log[1:]] + [max(self.at, one.log[-1].occurred_at)]
            for event, until in zip(one.log, ends, strict=True):
                if (stage := STAGE.get(event.state)) is None:
                    continue
                seconds = int((until - event.occurred_at).total_seconds())
                cells[event.has or "", stage][one.id] += seconds
                found.topics[one.topic][stage] += seconds
                if event.level > 1 and stage in ("review", "acknowledgment", "work"):
                    found.above += seconds
                    found.needless += seconds if not one.is_history and self.needless(one) else 0
        found.cells = {key: sum(mine.values()) for key, mine in cells.items()}
        found.typical = {key: median(mine.values()) for key, mine in cells.items()}
        return found

    def helped(self, period) -> dict[str, Pair]:
        """By the team that passed it up: cases, and those to which help came."""
        cases: dict[str, dict[int, bool]] = defaultdict(dict)
        for one in self.cases.values():
            came = {event.data["args"].get("of") for event in one.log if event.kind == "helped_back"}
            for before, event in pairwise(one.log):
                if event.kind == "escalated" and period.start <= event.occurred_at < period.end and before.has:
                    cases[before.has][one.id] = cases[before.has].get(one.id, False) or event.seq in came
        return {team: (sum(mine.values()), len(mine)) for team, mine in cases.items()}

    # Topics -------------------------------------------------------------------------------------------------------

    def topics(self, period) -> dict[str, dict]:
        groups: dict[str, list[Row]] = defaultdict(list)
        for one in self.filed(period):
            groups[one.topic].append(one)
        return {topic: self.topic(cases) for topic, cases in groups.items()}

    def topic(self, cases: list[Row]) -> dict:
        here = [one for one in cases if not one.is_history]
        judged = Counter(one.complexity for one in here if had(one, "assessed"))
        incidents = [one for one in cases if one.state not in ("merged", "withdrawn")]
        return {
            "severities": {value: sum(one.severity == value for one in cases) for value in (1, 2, 3, 4)},
            "complexities": {value: judged[value] for value in (1, 2, 3)},
            "escalated": share(cases, lambda one: went_up(one) is not None),
            "again": share((one for one in cases if had(one, "answered")), opened_again),
            "routine": share((one for one in cases if one.resolved_at), lambda one: went_up(one) is None and one.tier == 1),
            "imported": len(cases) - len(here),
            "upset": share(here, lambda one: any(e.kind == "marked_upset" or e.data["args"].get("upset") is True for e in one.log)),
            "returned": share(incidents, self.came_again),
        }  # fmt: skip

    def came_again(self, one: Row) -> bool:
        return any(
            other.customer_id == one.customer_id and other.category_id == one.category_id
            and timedelta() < one.filed_at - other.filed_at <= MONTH and other.state not in ("merged", "withdrawn")
            for other in self.of_customer(one.customer_id)
        )  # fmt: skip

    def of_customer(self, customer: int) -> list[Row]:
        if not hasattr(self, "_mine"):
            self._mine: dict[int, list[Row]] = defaultdict(list)
            for one in self.cases.values():
                self._mine[one.customer_id].append(one)
        return self._mine[customer]

    def misses(self, period) -> Counter[tuple[str, str]]:
        """Cases with a promise broken whose time came in the period, by topic and kind of clock."""
        found = {
            (one.topic, "update" if clock.kind == "reply" else clock.kind, one.id)
            for one in self.cases.values() for clock in one.clocks
            if clock.told and clock.shown and clock.outcome == "missed" and clock.kind not in ("confirm", "lapse")
            and period.start <= clock.due_at < period.end and clock.due_at <= self.at
        }  # fmt: skip
        return Counter((topic, kind) for topic, kind, _ in found)

    def first_contact(self, period) -> tuple[dict[str, Pair], int]:
        """Fixed at first contact by topic, and how many were settled too lately to tell."""
        told, young = [], 0
        for one in self.filed(period, here=True):
            at = next((e for e in one.log if e.data["from"] == "answered" and e.state in ("confirmed", "closed")), None)
            if at is None:
                continue
            if at.occurred_at > self.at - WEEK:
                young += 1
                continue
            words = sum(is_word(event) for event in one.log if event.seq < at.seq)
            back = [e.occurred_at for e in one.log if e.kind == "reopened" and e.seq > at.seq] + one.next_ones
            stays = not any(back_at - at.occurred_at <= WEEK for back_at in back)
            low = (up := went_up(one)) is None or up > at.occurred_at
            told.append((one.topic, words <= 1 and stays and low))
        return shares(told), young

    # What customers said ------------------------------------------------------------------------------------------

    def said(self, period) -> dict:
        given = self.answered(period)
        judged = [one for one in given if one.survey.fixed]
        heard = [one for one in given if one.survey.heard]
        return {
            "scores": {score: sum(one.survey.satisfaction == score for one in given) for score in (5, 4, 3, 2, 1)},
            "invited": sum(one.survey.invited_at is not None for one in given),
            "by_topic": shares((one.topic, one.survey.fixed == "yes") for one in judged),
            "by_team": shares((one.team, one.survey.fixed == "yes") for one in judged if one.team),
            "by_level": shares((one.tier, one.survey.fixed == "yes") for one in judged),
            "heard_by_level": shares((one.tier, one.survey.heard == "yes") for one in heard),
            "weeks": [share(self.answered(week), lambda one: one.survey.satisfaction >= 4) for week in period.weeks()],
        }

    def lifts(self, period) -> list[int]:
        """Final less interim score of each case that has both."""
        return [one.survey.satisfaction - one.interims[-1] for one in self.answered(period) if one.interims]

    def themes(self, period) -> tuple[int, int, dict[str, Pair], dict[str, list[Pair]]]:
        """Comments, those with a tag, (low, all) of each theme, and of each week's tagged ones those of the theme."""
        written = {one.survey.id: one.survey for one in self.answered(period) if one.survey.comment}
        tags: dict[str, set[int]] = defaultdict(set)
        for tag in rows_of(
            "SELECT t.survey_id, h.slug FROM feedback_themetag t JOIN feedback_theme h ON h.id = t.theme_id"
        ):
            if tag.survey_id in written:
                tags[tag.slug].add(tag.survey_id)
        tagged = set().union(*tags.values())
        weeks = [{pk for pk in tagged if week.start <= written[pk].answered_at < week.end} for week in period.weeks()]
        low = {slug: share(mine, lambda pk: written[pk].satisfaction <= 2) for slug, mine in tags.items()}
        return len(written), len(tagged), low, {slug: [(len(w & mine), len(w)) for w in weeks] for slug, mine in tags.items()}  # fmt: skip

    def quiet(self, period, at: datetime, *, imported: bool = False) -> dict[str, tuple[int, int, int]]:
        """(closed their account, went quiet, all) of the customers after an escalated case ("up") and after another."""
        found: dict[str, list[tuple[bool, bool]]] = {"up": [], "other": []}
        by: dict[int, list[tuple[datetime, int, Row]]] = defaultdict(list)
        for one in self.cases.values():
            ends = [
                e.occurred_at for e in one.log if e.data["from"] == "answered" and e.state in ("confirmed", "closed")
            ]
            over = ends[0] + QUARTER if ends and not one.is_ours and one.is_history == imported else None
            if over and over <= at and period.start <= over < period.end:
                by[one.customer_id].append((ends[0], one.id, one))
        for customer, ended in by.items():
            since, _, case = min(ended, key=lambda row: row[:2])
            mine = self.of_customer(customer)
            acts = [one.filed_at for one in mine]
            acts += [
                e.occurred_at for one in mine for e in one.log
                if (e.role == "customer" and e.data.get("message")) or e.kind in ("customer_wrote", "reopened")
            ]  # fmt: skip
            left = case.left_at is not None and case.left_at <= since + QUARTER
            heard = any(since < act <= since + QUARTER for act in acts) or (case.signed_in_at or since) > since
            kind = "up" if (up := went_up(case)) is not None and up <= since else "other"
            found[kind].append((left, left or not heard))
        return {key: (sum(a for a, _ in m), sum(b for _, b in m), len(m)) for key, m in found.items()}

    # Suggestions --------------------------------------------------------------------------------------------------

    def signals(self, period, limits: dict[str, int]) -> dict[str, dict[str, Pair]]:
        here = self.filed(period, here=True)
        passed = [one for one in here if had(one, "escalated") and one.resolved_at]
        refunds = defaultdict(list)
        for row in rows_of("SELECT case_id, amount FROM cases_resolution WHERE amount IS NOT NULL"):
            refunds[row.case_id].append(float(row.amount))

        def in_vain(one: Row) -> bool:
            modest = not any(amount > limits.get(one.topic, 0) for amount in refunds[one.id])
            return one.tier == 1 or (at_once(one) and (modest if one.topic in limits else not refunds[one.id]))

        def unasked(one: Row) -> bool:
            verdicts = [(e.data.get("advice") or {}).get("verdict") for e in one.log if e.kind == "escalated"]
            return any(verdict not in ("must", "should") for verdict in verdicts) and not (
                one.resolved_at and in_vain(one)
            )

        low = [one for one in here if any(e.kind == "answered" and e.level == 1 for e in one.log)]
        return {
            "unasked": shares((one.topic, unasked(one)) for one in here),
            "again_low": shares((one.topic, opened_again(one, level=1)) for one in low),
            "needless": shares((one.topic, in_vain(one)) for one in passed),
        }
