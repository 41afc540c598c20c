"""The queue's one schedule: made once, put right when somebody changed it, and doubled rows healed, never tripped over."""

from django_q.models import Schedule

from portal.queue import NAME, register_schedule


def test_the_one_schedule_is_made_and_put_right(db):
    register_schedule()
    Schedule.objects.create(name="somebody's", func="os.system", schedule_type=Schedule.HOURLY)
    Schedule.objects.filter(name=NAME).update(minutes=59)
    register_schedule()
    row = Schedule.objects.get()
    assert (row.name, row.func, row.minutes, row.repeats) == (NAME, "portal.queue.tick", 1, -1)


def test_beats_that_started_together_are_no_trouble_for_the_next(db):
    """The queue's table knows no unique name, so each of several may have made the row."""
    for _ in range(3):
        Schedule.objects.create(name=NAME, func="portal.queue.tick", schedule_type=Schedule.MINUTES, minutes=1)
    oldest = Schedule.objects.order_by("pk").first()
    register_schedule()
    assert Schedule.objects.get() == oldest
