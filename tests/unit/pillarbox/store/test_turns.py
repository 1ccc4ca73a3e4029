"""Writers of one SQLite file take turns, whichever process they are in."""

import fcntl
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.store.turns import Turns, _Wish
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "pillarbox.sqlite3"


def _process(database: Path, patience: float = 10.0) -> Turns:
    """Make the turns of another process: its locks are of its own, as if it were one."""
    return Turns(database, patience=patience)


def _somebody_is_next(database: Path) -> bool:
    descriptor = os.open(database.with_name(database.name + "-next"), os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@pytest.mark.parametrize("in_memory", [False, True])
def test_threads_write_one_at_a_time(database: Path, *, in_memory: bool) -> None:
    turns = Turns(None if in_memory else database, patience=10.0)
    inside: list[int] = []
    seen: list[int] = []

    def write(number: int) -> None:
        with turns.taken():
            inside.append(number)
            seen.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    turns.close()

    assert [1] * 200 == seen
    assert in_memory == (not list(database.parent.iterdir()))


def test_who_has_just_written_does_not_overtake_who_is_next(database: Path) -> None:
    """SQLite's own lock is polled: its last holder was there first, time and again."""
    first, second = _process(database), _process(database)
    order: list[str] = []

    def write_second() -> None:
        with second.taken():
            order.append("second")

    waiting = threading.Thread(target=write_second)
    with first.taken():
        order.append("first")
        waiting.start()
        wait_until(lambda: _somebody_is_next(database), 10, "somebody is next")
    with first.taken():
        order.append("first again")
    waiting.join()
    first.close()
    second.close()

    assert ["first", "second", "first again"] == order


def test_a_turn_that_does_not_come_is_an_unavailable_store(database: Path) -> None:
    holder, hasty = _process(database), _process(database, patience=0.01)

    with holder.taken(), pytest.raises(StoreUnavailableError), hasty.taken():
        pass
    holder.close()
    hasty.close()


def test_a_thread_that_does_not_end_makes_the_store_unavailable_to_others(database: Path) -> None:
    turns = _process(database, patience=0.01)

    with turns.taken(), ThreadPoolExecutor(1) as pool:

        def write() -> None:
            with turns.taken():
                pass

        assert isinstance(pool.submit(write).exception(10), StoreUnavailableError)
    turns.close()


def test_a_turn_that_was_given_up_stops_nobody(database: Path) -> None:
    """It comes when nobody waits for it any more, and is left at once."""
    holder, hasty, patient = (
        _process(database),
        _process(database, patience=0.01),
        _process(database),
    )

    with holder.taken(), pytest.raises(StoreUnavailableError), hasty.taken():
        pass
    for turns in (patient, hasty, patient):
        wait_until(partial(_takes, turns), 10, "the turn comes")
    for turns in (holder, hasty, patient):
        turns.close()


def test_a_turn_that_is_about_to_be_left_is_nobodys(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To flock(2) a process is one: who took it now would write on when it has been left."""
    holder, hasty = _process(database), _process(database, patience=0.01)
    come, leave = threading.Event(), threading.Event()
    fulfil = _Wish.fulfil

    def fulfil_slowly(wish: _Wish) -> bool:
        wanted = fulfil(wish)
        if not wanted:
            come.set()
            leave.wait(60)
        return wanted

    monkeypatch.setattr(_Wish, "fulfil", fulfil_slowly)
    with holder.taken():
        assert not _takes(hasty)
    assert come.wait(60)
    is_taken_meanwhile = _takes(hasty)
    leave.set()

    assert not is_taken_meanwhile
    for turns in (hasty, holder):
        wait_until(partial(_takes, turns), 10, "the turn comes")
        turns.close()


def test_who_tries_again_keeps_the_place_of_who_gave_up(database: Path) -> None:
    """Else another process that came later would be next, time and again."""
    holder, hasty = _process(database), _process(database, patience=0.01)

    with holder.taken():
        assert not _takes(hasty)
        wait_until(lambda: _somebody_is_next(database), 10, "somebody is next")
        assert not _takes(hasty)
        is_kept = _somebody_is_next(database)
    holder.close()
    hasty.close()

    assert is_kept


def _takes(turns: Turns) -> bool:
    try:
        with turns.taken():
            return True
    except StoreUnavailableError:
        return False


def test_a_process_that_dies_gives_its_turn_back(database: Path) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from pillarbox.store.turns import Turns\n"
        "with Turns(Path(sys.argv[1]), patience=1.0).taken():\n"
        "    os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script, database], check=True, cwd=ROOT)
    turns = _process(database)

    assert _takes(turns)
    turns.close()


def test_a_folder_that_is_not_there_is_an_unavailable_store(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "nowhere" / "pillarbox.sqlite3", patience=1.0)

    with pytest.raises(StoreUnavailableError), turns.taken():
        pass
