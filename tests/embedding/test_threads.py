"""Work on all cores, and what threads share."""

import os
import threading
import time
import warnings
from contextlib import ExitStack

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tinyteach.embedding.quiet import quiet_stderr
from tinyteach.embedding.threads import on_all_cores, one_blas_thread


def test_results_come_in_the_order_of_the_items():
    ended = threading.Event()

    def work(number):
        if number:
            ended.set()
        else:
            ended.wait(60 if (os.cpu_count() or 1) > 1 else 0)
        return -number

    assert list(on_all_cores(work, range(9))) == [-number for number in range(9)]
    assert list(on_all_cores(work, [])) == []


# What takes all cores half a minute, unless it is given up.
LONG_S = 0.05
MANY = range(600 * (os.cpu_count() or 1))


def test_what_has_not_begun_is_given_up_where_the_results_are_no_longer_taken():
    done = []

    def work(number):
        done.append(number)
        time.sleep(LONG_S if number else 0)

    with pytest.raises(KeyboardInterrupt):
        for _ in on_all_cores(work, MANY):
            raise KeyboardInterrupt
    assert len(done) < len(MANY)


def test_what_has_not_begun_is_given_up_where_one_fails():
    done = []

    def work(number):
        done.append(number)
        time.sleep(LONG_S if number else 0)
        return 1 // number

    with pytest.raises(ZeroDivisionError):
        list(on_all_cores(work, MANY))
    assert len(done) < len(MANY)


def test_standard_error_is_back_after_two_threads_were_quiet(capfd):
    first_is_in, second_came = threading.Event(), threading.Event()

    def first():
        with quiet_stderr():
            first_is_in.set()
            second_came.wait(0.2)  # it cannot come where it waits for this one

    def second():
        first_is_in.wait()
        with quiet_stderr():
            second_came.set()
            one.join(0.2)

    one, other = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    other.start()
    one.join()
    other.join()
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def of_blas() -> set[int]:
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_one_blas_thread_holds_until_the_last_who_asked_is_done():
    with threadpool_limits(2, user_api="blas"):
        before = of_blas()
        with ExitStack() as other:
            with one_blas_thread():
                other.enter_context(one_blas_thread())
                assert of_blas() == {1}
            assert of_blas() == {1}
        assert of_blas() == before


def test_warnings_are_shown_as_before_when_threads_set_them_for_themselves():
    both, before = threading.Barrier(2), list(warnings.filters)

    def first():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            both.wait(60)
            both.wait(60)

    def last(thread):
        thread.start()
        both.wait(60)
        with warnings.catch_warnings():
            both.wait(60)
            thread.join()

    list(on_all_cores(last, [threading.Thread(target=first)]))
    assert warnings.filters == before
