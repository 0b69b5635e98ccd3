"""Work that takes its share of the time and no more."""

from streams.measures.pace import Pace


def test_work_that_took_long_waits_until_it_was_a_tenth_of_the_time() -> None:
    pace = Pace(0.1)
    assert pace.due(0.0)
    pace.took(10.0, 13.0)
    assert not pace.due(39.9)
    assert pace.due(40.0)


def test_work_that_took_no_time_may_go_on_at_once() -> None:
    pace = Pace(0.1)
    pace.took(10.0, 10.0)
    assert pace.due(10.0)
