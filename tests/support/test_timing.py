"""What others do with the processors is taken off; what is waited for or computed is not."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.timing import Stopwatch, end_of, within

COUNTED = Path("/proc/self/schedstat")
BUSY = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass"


def burn(seconds: float) -> None:
    """Use the processor for so long."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_what_is_waited_for_counts() -> None:
    watch = Stopwatch()
    time.sleep(0.2)  # that it counts is what is tested
    assert 0.19 < watch.seconds <= watch.wall


@pytest.mark.skipif(not COUNTED.exists(), reason="the kernel does not count who waits")
def test_what_is_computed_counts_and_what_others_compute_does_not() -> None:
    """Five programs for each processor: it takes several times as long on the clock."""
    crowd = [subprocess.Popen([sys.executable, "-c", BUSY.format(60)]) for _ in range(10)]
    try:
        watch = Stopwatch()
        burn(0.3)
        assert 0.25 < watch.seconds < 0.6
        assert watch.wall > 0.4
    finally:
        for other in crowd:
            other.kill()
            other.wait()


def test_a_process_that_takes_part() -> None:
    """Until it has ended, and is not waited for yet."""
    with subprocess.Popen([sys.executable, "-c", BUSY.format(0.3)]) as child:
        watch = Stopwatch(child.pid)
        end_of(child.pid)
        assert 0.2 < watch.seconds <= watch.wall
        assert child.wait() == 0


def test_limits_on_both_sides() -> None:
    with within(0, 1):
        pass
    with pytest.raises(AssertionError, match="on the clock"), within(0, 0.05):
        time.sleep(0.5)  # so much too long that no wait for a processor hides it
    with pytest.raises(AssertionError), within(1, 2):
        pass
