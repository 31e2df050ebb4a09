"""Whose turn it is among workers that keep the data of their last job."""

from concurrent.futures import Future

from hypothesis import given
from hypothesis import strategies as st

from common.experiment import RunOptions
from common.jobs.job import Job
from common.jobs.turns import Turn, Turns


def waiting(turns: Turns, task: str, objective: str, after: Turn | None = None) -> Turn:
    turn = Turn(Job(task, 0, objective, RunOptions()), after.done if after else None)
    turns.add(turn)
    return turn


def test_a_worker_goes_on_with_its_data_and_a_free_one_takes_what_nobody_has() -> None:
    turns = Turns(2)
    a, b, c = ([waiting(turns, task, str(number)) for number in range(2)] for task in "abc")
    assert turns.next(1) is a[0]
    assert turns.next(2) is b[0]
    assert turns.next(2) is b[1]
    assert turns.next(1) is a[1]
    assert turns.next(1) is c[0]


def test_the_last_data_are_shared() -> None:
    turns = Turns(2)
    a, b = ([waiting(turns, task, str(number)) for number in range(3)] for task in "ab")
    assert turns.next(1) is a[0]
    assert turns.next(2) is a[1], "one data set that nobody has is left for two workers"
    assert [turns.next(1), turns.next(2), turns.next(1), turns.next(2)] == [a[2], *b]
    assert turns.next(1) is None


def test_a_job_that_comes_after_one_that_has_not_begun_is_no_ones_turn() -> None:
    turns = Turns(2)
    first = waiting(turns, "a", "first")
    waiting(turns, "b", "elsewhere")
    waiting(turns, "c", "elsewhere")
    then = waiting(turns, "d", "then", first)
    assert then not in {turns.next(worker) for worker in (1, 2, 3)}
    assert turns.next(4) is then


def test_cancelled_jobs_are_no_ones_turn_and_those_who_wait_for_them_hear_it() -> None:
    turns = Turns(1)
    turn = waiting(turns, "a", "x")
    turns.cancel()
    assert turn.done.cancelled() and turns.next(1) is None


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=20), st.randoms())
def test_every_job_has_one_turn_and_none_before_what_it_comes_after(workers, jobs, random) -> None:  # type: ignore[no-untyped-def]
    turns, added = Turns(workers), []
    for number, (task, follows) in enumerate(jobs):
        added.append(waiting(turns, task, str(number), random.choice(added) if follows and added else None))
    begun: list[Future[object]] = []
    for _ in jobs:
        turn = turns.next(random.randrange(workers))
        assert turn is not None and (turn.after is None or turn.after in begun)
        begun.append(turn.done)  # type: ignore[arg-type]
    assert turns.next(0) is None and len(set(begun)) == len(jobs)
