"""A worker that is handed nothing though messages wait is found; one that works, waits or has nothing is left alone."""

from streams.ingest.stall import StallWatch


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def looked_at(*looks: tuple[dict[str, int], set[str], int, bool]) -> list[bool]:
    """Return what the watch says at looks ten seconds apart, with a patience of fifteen."""
    clock = Hand()
    watch = StallWatch(15, clock)
    found = []
    for waiting, mine, taken, working in looks:
        clock.seconds += 10
        found.append(watch.stands_still(waiting, mine, taken, working=working))
    return found


def test_messages_that_wait_while_nothing_is_handed_over_are_a_standstill() -> None:
    assert looked_at(*[({"a": 5}, {"a", "b"}, 3, False)] * 3) == [False, False, True]


def test_a_worker_without_any_topic_stands_still_too() -> None:
    assert looked_at(*[({"a": 5}, set(), 3, False)] * 3) == [False, False, True]


def test_an_empty_queue_is_no_standstill() -> None:
    assert not any(looked_at(*[({}, {"a"}, 3, False)] * 5))


def test_messages_of_another_worker_are_its_own_affair_until_it_is_clear_that_nobody_reads_them() -> None:
    assert looked_at(*[({"a": 5}, {"b"}, 3, False)] * 24) == [False] * 23 + [True]
    assert not any(looked_at(*[({"a": 5 + look}, {"b"}, 3, False) for look in range(40)]))


def test_a_batch_in_hand_waits_for_the_database_and_is_no_standstill() -> None:
    assert not any(looked_at(*[({"a": 5}, {"a"}, 3, True)] * 5))


def test_any_progress_begins_the_wait_anew() -> None:
    looks = [({"a": offset}, {"a"}, taken, False) for offset, taken in ((5, 3), (5, 3), (6, 3), (6, 3), (6, 4), (6, 4))]
    assert not any(looked_at(*looks))
