"""Figures in words: shares with their interval, spans of time, what changed, and the sentence a page begins with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cases.lifecycle import State
from feedback.ease import Ease
from feedback.figures import Escalations, Kept, Satisfaction
from feedback.handlers import Mix
from feedback.intervals import COMPARED, FEWEST, Curve, Share, change
from feedback.measures import Counted, Measure
from feedback.periods import BEFORE, NONE, YEAR, Period
from feedback.recovery import Lift
from feedback.resolving import Lasted, Resolving
from portal.charts import percent
from portal.templatetags.times import DAY, HOUR, MINUTE, count

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: What a period is compared with, by Period.against; the second what follows a number of then.
AGAINST_WORDS = {BEFORE: "the period before", YEAR: "the same weeks last year", NONE: ""}
THEN_WORDS = {BEFORE: "", YEAR: " last year", NONE: ""}

#: Below this many an interval is so wide that a share alone would mislead.
FEW = 30
NO_FIGURE = "No figure"
MEDIAN, NINE_IN_TEN = 0.5, 0.9
MILESTONE_WORDS = {
    "1": "1 Priority review",
    "2": "2 Confirmed by name",
    "3": "3 Progress updates",
    "4": "4 Answer",
    "supervisor": "Supervisor’s reply",
}
STAGE_WORDS = {
    "review": "Waiting for the priority review",
    "acknowledgment": "Waiting to be confirmed by name",
    "work": "In work with us",
    "waiting_customer": "Waiting for the customer",
    "waiting_partner": "Waiting for another company",
    "confirmation": "Waiting for the customer’s yes or no",
}
ASPECT_WORDS = {
    "low": "Low score",
    "again": "Opened again",
    "astray": "Wrong level or team first",
    "missed": "A promise broken",
    "up": "Escalated",
}
#: As the form of an assessment has them.
COMPLEXITY_WORDS = {1: "Simple", 2: "Some digging", 3: "Hard"}


def span(seconds: float) -> str:
    """'40 min', '5 h 10 min', '2 d 4 h': the two largest units."""
    whole = int(seconds)
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < DAY:
        hours, minutes = whole // HOUR, whole % HOUR // MINUTE
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = whole // DAY, whole % DAY // HOUR
    return f"{days} d {hours} h" if hours else f"{days} d"


def working(seconds: float) -> str:
    """Working time never in days: a day of it is not a day."""
    hours, minutes = int(seconds) // HOUR, int(seconds) % HOUR // MINUTE
    if not hours:
        return f"{minutes} min"
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def day_words(period: Period) -> str:
    return f"{period.first.day} {MONTHS[period.first.month - 1]}"


def days_words(period: Period) -> str:
    """'1 Jan 2026 to 31 Mar 2026'."""
    ends = (f"{day.day} {MONTHS[day.month - 1]} {day.year}" for day in (period.first, period.last))
    return " to ".join(ends)


#: Of enough, but a smaller part beside it could be computed from it.
KEPT_BACK = "Kept back"


def share_words(share: Share) -> str:
    """'82%', or a word for too few."""
    if share.kept_back:
        return KEPT_BACK
    if share.value is None:
        return NO_FIGURE if share.n == 0 else "Too few"
    return percent(share.value)


def interval_words(share: Share) -> str:
    """'78% to 86%', empty while the share is not shown."""
    if share.interval is None:
        return ""
    return " to ".join(percent(end) for end in share.interval)


def lift_words(lift: Lift) -> str:
    """'0.8 points higher (0.3 to 1.3), of 24 cases'; empty where no case has both scores."""
    if not lift.n:
        return ""
    if lift.mean is None or lift.interval is None:
        return f"{count(lift.n, 'case')} with both: fewer than {FEWEST} are not shown"
    low, high = lift.interval
    way = "higher" if lift.mean >= 0 else "lower"
    return f"{abs(lift.mean):.1f} points {way} at the end (95% interval {low:+.1f} to {high:+.1f}), of {count(lift.n, 'case')} with both"


def ease_words(found: Ease, against: str) -> str:
    """'3.8 of 5 (95% interval 3.2 to 4.4), was 3.6'; empty while there are too few answers to show."""
    if found.now.mean is None or found.now.interval is None:
        return ""
    low, high = found.now.interval
    was = f", was {found.before.mean:.1f}{THEN_WORDS[against]}" if found.before.mean is not None else ""
    return f"{found.now.mean:.1f} of 5 (95% interval {low:.1f} to {high:.1f}){was}"


def thousand(value: float) -> str:
    """A share of something rare: '12.5 per 1,000'."""
    return f"{value * 1000:.1f} per 1,000"


def measure_words(one: Measure, share: Share) -> tuple[str, str]:
    """A figure of the registry and its interval: '82%', '78% to 86%'; of something rare '12.5 per 1,000', '4.1 to 28.0'."""
    if not one.rare or share.value is None or share.interval is None:
        return share_words(share), interval_words(share)
    return thousand(share.value), " to ".join(f"{end * 1000:.1f}" for end in share.interval)


def measure_change_words(one: Measure, figures: Counted, against: str) -> str:
    """As `change_words`, in the figure's own unit."""
    return change_words(figures.now, figures.before, against, thousand if one.rare else percent)


def few_words(share: Share, what: str) -> str:
    """What a small number lets one say; `what` is the word for one thing counted."""
    if share.n == 0:
        return f"No {what}s in this period"
    if not share.shown:
        return f"{count(share.n, what)}: fewer than {FEWEST} are not shown"
    return "Few: read the interval, not the number" if share.n < FEW else ""


def came_words(answers: int, invited: int) -> str:
    """How the answers came: '25 on the case page before we asked, 10 after our invitation'."""
    if not answers:
        return ""
    ways = ((answers - invited, "on the case page before we asked"), (invited, "after our invitation by e-mail"))
    return ", ".join(f"{number:,} {way}" for number, way in ways if number)


def since(now: Share, before: Share) -> str | None:
    """Whether a share clearly went "up" or "down" against what it is compared with; "" when not, None when too few to tell."""
    return change(now, before) if min(now.n, before.n) >= COMPARED else None


def change_words(now: Share, before: Share, against: str, say: Callable[[float], str] = percent) -> str:
    """'Up from 78%', 'No clear change, was 81% last year', or why there is nothing to compare; empty where nothing was asked for.

    `against` is what the period is compared with, as Period has it.
    """
    if now.value is None or against == NONE:
        return ""
    if before.value is None:
        return _nothing(before.n, against)
    verdicts = {"up": "Up from", "down": "Down from", "": "No clear change, was", None: "Too few to tell a change, was"}
    return f"{verdicts[since(now, before)]} {say(before.value)}{THEN_WORDS[against]}"


def _nothing(n: int, against: str) -> str:
    return f"Nothing to compare with: {n} in {AGAINST_WORDS[against]}"


def time_change_words(now: Lasted, before: Lasted, against: str) -> str:
    """Whether the median clearly changed: only when the two intervals do not meet."""
    return curve_change_words(now.wall, before.wall, against, span)


def curve_change_words(now: Curve, before: Curve, against: str, words: Callable[[float], str]) -> str:
    """As `time_change_words`, of any time; `words` says one."""
    new, old = now.quantile(MEDIAN), before.quantile(MEDIAN)
    if new is None or now.n < FEWEST or against == NONE:
        return ""
    if old is None or before.n < FEWEST:
        return _nothing(before.n, against)
    was = f"{words(old)}{THEN_WORDS[against]}"
    if min(now.n, before.n) < COMPARED:
        return f"Too few to tell a change, was {was}"
    (low, high), (low_old, high_old) = now.interval(MEDIAN), before.interval(MEDIAN)
    if low is not None and high_old is not None and low > high_old:
        return f"Up from {was}"
    if low_old is not None and high is not None and high < low_old:
        return f"Down from {was}"
    return f"No clear change, was {was}"


def against_words(period: Period) -> str:
    """'the same weeks last year, 13 Jan 2025 to 2 Feb 2025'; 'nothing' where nothing was asked for."""
    if period.against == NONE:
        return "nothing"
    return f"{AGAINST_WORDS[period.against]}, {days_words(period.before())}"


def reading(figures: tuple[Satisfaction, Escalations, Resolving, Kept], period: Period) -> str:
    """The page's first words, made by rules: what was counted, and what clearly changed."""
    days = days_words(period)
    csat, up, times, kept = figures
    said = [f"{days}: {count_words(up.now.n, 'case')} filed"]
    if up.now.value is not None:
        said[0] += f", {percent(up.now.value)} of them escalated"
    answers = f"{count_words(csat.now.n, 'customer')} answered" if csat.now.n else "No customer answered"
    if csat.now.value is not None:
        answers += f", {percent(csat.now.value)} of them satisfied ({interval_words(csat.now)})"
    said.append(answers)
    if (median := times.now.wall.quantile(MEDIAN)) is not None and times.now.wall.n >= FEWEST:
        said.append(f"Half of the escalated cases had their answer within {span(median)}")
    if kept.now.value is not None:
        said.append(f"We kept {percent(kept.now.value)} of our promises")
    return f"{'. '.join(said)}. {changes(figures, period.against)}".strip()


def changes(figures: tuple[Satisfaction, Escalations, Resolving, Kept], against: str) -> str:
    """Which of the shares clearly differ from what they are compared with; nothing where that is nothing."""
    if against == NONE:
        return ""
    csat, up, _, kept = figures
    pairs = (("satisfaction", csat), ("escalations", up), ("promises kept", kept))
    known = [(name, one, since(one.now, one.before)) for name, one in pairs]
    moved = [
        f"{name} went {way}, from {percent(one.before.value or 0)} to {percent(one.now.value or 0)}"
        for name, one, way in known
        if way
    ]
    if moved:
        since_then = f" against {AGAINST_WORDS[against]}" if against != BEFORE else ""
        return f"Clearly changed{since_then}: {'; '.join(moved)}."
    if all(way is None for _, _, way in known):
        return f"There is too little to say whether anything changed against {AGAINST_WORDS[against]}."
    return f"Nothing changed clearly against {AGAINST_WORDS[against]}."


def count_words(number: int, word: str) -> str:
    """'1 case', '1,204 cases'."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def listed_words(names: Sequence[str]) -> str:
    """'Cards', 'Cards and Payments', 'Cards, Payments and Security'."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def mix_words(mix: Mix) -> str:
    """'harder than average: 46% escalated, of all others’ 31%': the case mix beside a person's name."""
    said = f"{share_words(mix.mine)} escalated"
    said += f", of all others’ {share_words(mix.others)}" if mix.others.shown else ""
    return f"{mix.way} than average: {said}" if mix.way else said


def outcome_words(state: str, outcome: str | None, outcomes: dict[str, str]) -> str:
    """How a case stands or ended: 'Closed: money given back'."""
    word = str(State(state).label)
    return f"{word}: {outcomes[outcome].lower()}" if outcome else word
