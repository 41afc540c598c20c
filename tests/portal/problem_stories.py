"""Known problems for the tests of pages and console."""

from datetime import timedelta

from cases.models import Category, User
from feedback import problem_acts
from feedback.models import KnownProblem, ProblemFollower
from feedback.problem_acts import Said
from portal import clock

State = KnownProblem.State
HOUR = timedelta(hours=1)


def opened(cast, *, title="Card payments are slow", at=None, topics=(), **more) -> KnownProblem:
    """A problem, with its next word promised in an hour."""
    at = at or clock.now()
    said = {
        "state": State.INVESTIGATING,
        "impact": "Paying by card takes minutes.",
        "doing": "We ask the bank.",
        "next_at": at + HOUR,
    }
    chosen = Category.objects.filter(slug__in=topics)
    return problem_acts.open_problem(
        title, Said(**said | more), topics=chosen, began_at=at - HOUR, by=cast.supervisor, at=at
    )


def said(cast, problem, *, at=None, seen=None, **more):
    """The next update."""
    at = at or clock.now()
    words = {"state": State.FOUND, "impact": "Cards are slow.", "doing": "The bank mends it.", "next_at": at + HOUR}
    problem.refresh_from_db()
    seen = problem.latest if seen is None else seen
    return problem_acts.say(problem, Said(**words | more), seen=seen, by=cast.supervisor, at=at)


def ended(cast, problem, *, at=None):
    """The last word."""
    return said(cast, problem, at=at, state=State.OVER, doing="It is mended.", next_at=None)


def followed(cast) -> tuple[KnownProblem, ProblemFollower]:
    """A problem and somebody whose link has not been pressed yet."""
    problem = opened(cast)
    problem_acts.ask_to_follow(problem, "guest@example.com", at=clock.now())
    person = User.objects.at_address("guest@example.com").get()
    return problem, ProblemFollower.objects.get(problem=problem, user=person)
