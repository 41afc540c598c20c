"""Several hands at the same instant: threads on PostgreSQL, each on a connection of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from escalation.verbs import Refused


def at_once(*acts):
    """Runs the acts together; what each returned, in order. An error of any of them is this test's."""
    results = outcomes(*acts)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def outcomes(*acts):
    """Runs the acts together; what each returned or raised, in order."""
    start = threading.Barrier(len(acts))

    def run(act):
        try:
            start.wait(10)
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [job.result(60) for job in [pool.submit(run, act) for act in acts]]


def refusals(results) -> list[str]:
    """The sentences among the outcomes; any other error fails the test."""
    for result in results:
        assert not isinstance(result, Exception) or isinstance(result, Refused), repr(result)
    return [str(result) for result in results if isinstance(result, Refused)]


def tried(act, *args, **more) -> str:
    """What came of an act as words: “done”, or why it was refused."""
    try:
        act(*args, **more)
    except Refused as why:
        return str(why)
    return "done"
