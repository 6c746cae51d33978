"""A lab of fifty virtual boards and sixteen workers: ``python tests/soak/lab.py``.

labgrid's own coordinator and exporter on loopback, ``tinyteach lab export`` as a user runs it, and
workers that borrow any board, ask it who it is and give it back. Prints how many boards were held
twice or lost and how long a borrowing took, of one who borrows alone, too, beside the way in which
it was done before; then how soon a killed worker's and a stopped worker's board is free, whether
anything is held twice while coordinator, labgrid's exporter and ``tinyteach lab export`` are killed
and started again, and how a board without power goes and comes back. Ends with 1 where something
was held twice, lost, or did not come back. ``--quick`` measures one who borrows alone only.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from flashes import make_paired  # noqa: E402
from lab_farm import Farm  # noqa: E402
from labgrid import coordinator_in, programs  # noqa: E402
from tinyteach.embedding.runtime import EMBEDDING_FILE  # noqa: E402
from tinyteach.errors import LabError  # noqa: E402
from tinyteach.lab.coordinator import Coordinator  # noqa: E402
from tinyteach.lab.places import is_ours  # noqa: E402
from tinyteach.service.lab.labgrid_env import ExporterProcess  # noqa: E402
from tinyteach.service.lab.status import lab_status  # noqa: E402

LEASE_S = 20
PORT = 24100
FREE_S_MAX = 60
PLACES = 50  # of which one who borrows alone has any
WORKER = """
import fcntl, json, sys, time
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import TinyTeachError
from tinyteach.lab.borrowing import acquire
folder, ids = sys.argv[1], json.loads(sys.argv[3])
count, hold_s = int(sys.argv[2]), float(sys.argv[4])

def say(**told):
    print(json.dumps(told), flush=True)

def use(lease):
    with open(f"{folder}/{lease.place}.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(double=lease.place)
        with BoardClient(lease.url) as client:
            if client.board_id != ids[lease.place]:
                say(wrong=lease.place)
        time.sleep(hold_s)

while count:
    began_s = time.monotonic()
    try:
        with acquire("lab:", 600) as lease:
            say(place=lease.place, s=time.monotonic() - began_s)
            count -= 1
            use(lease)
    except TinyTeachError as error:
        say(error=str(error))
        time.sleep(1)
say(end=True)
"""


# Borrowings in turn: as they are, and as they were when a borrower asked for all resources.
TIMER = """
import json, sys, time
from tinyteach.lab import borrowing
plain = borrowing._acquire

def asking_for_all(coordinator, *rest):
    coordinator.resources()
    return plain(coordinator, *rest)

began_s, told = time.monotonic(), {"now": [], "before": []}
while time.monotonic() < began_s + float(sys.argv[1]):
    for how, each in (("now", plain), ("before", asking_for_all)):
        borrowing._acquire, asked_s = each, time.monotonic()
        with borrowing.acquire("lab:", 600):
            told[how].append(time.monotonic() - asked_s)
print(json.dumps(told))
"""


class Soak:
    """Boards, coordinator, exporter; what workers tell is counted."""

    def __init__(self, options, folder: Path, stack: ExitStack) -> None:
        self.options, self.folder = options, folder
        flash = make_paired("i386", folder / "paired", EMBEDDING_FILE.read_bytes())
        self.farm = Farm(flash, options.boards, folder, stack)
        self.coordinator = stack.enter_context(coordinator_in(folder))
        os.environ["LG_COORDINATOR"] = self.coordinator.address
        self.names = [f"v{number:02}" for number in range(options.boards)]
        self.ids = dict(zip(self.names, self.farm.ids, strict=True))
        (folder / "lab.toml").write_text(self._file())
        self.start_export()
        stack.callback(lambda: self.stop_export(signal.SIGTERM))

    def _file(self) -> str:
        head = f'name = "soak"\nport = {PORT}\nlease_s = {LEASE_S}\nretry_s = 2\n'
        each = zip(self.names, self.farm.ports, strict=True)
        about = '[boards.{}]\nboard = "{}"\nprotocol = "raw"\nopen = true\n'
        return head + "".join(about.format(name, port) for name, port in each)

    def start_export(self) -> None:
        code = "from tinyteach.cli.main import run; run()"
        command = [sys.executable, "-c", code, "lab", "export", str(self.folder / "lab.toml")]
        with (self.folder / "export.log").open("ab") as log:
            self.export = subprocess.Popen(command, stdout=log, stderr=log)

    def supervise(self) -> None:
        """As a system's service manager does: started while there is no coordinator, it ends."""
        if self.export.poll() is not None:
            self.start_export()

    def stop_export(self, number: int) -> None:
        self.export.send_signal(number)
        self.export.wait()

    def states(self) -> dict[str, str]:
        return {entry.name: entry.state for entry in lab_status(None).boards}

    def until(self, found, limit_s: float = 600) -> float:
        """Seconds until ``found()``; the limit where that does not come."""
        began_s = time.monotonic()
        while time.monotonic() < began_s + limit_s:
            self.supervise()
            with suppress(LabError):
                if found():
                    return time.monotonic() - began_s
            time.sleep(0.1)
        return limit_s

    def until_all_are_ready(self) -> float:
        return self.until(lambda: list(self.states().values()) == ["ready"] * len(self.names))

    def worker(self, count: int, hold_s: float = 0.0) -> subprocess.Popen:
        words = [str(self.folder), str(count), json.dumps(self.ids), str(hold_s)]
        command = [sys.executable, "-W", "ignore", "-c", WORKER, *words]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def work(self, count: int, meanwhile=lambda workers: None) -> list[dict]:
        """What all workers tell, each of them ``count`` times at work."""
        with ExitStack() as files:
            paths = [self.folder / f"worker{n}" for n in range(self.options.workers)]
            workers = []
            for path in paths:
                words = [str(self.folder), str(count), json.dumps(self.ids), "0"]
                command = [sys.executable, "-W", "ignore", "-c", WORKER, *words]
                out = files.enter_context(path.open("w"))
                workers.append(subprocess.Popen(command, stdout=out))
            meanwhile(workers)
            for worker in workers:
                worker.wait()
        return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


def counted(told: list[dict]) -> str:
    """A line: how many, how long, and what went wrong."""
    took_s = sorted(each["s"] for each in told if "s" in each)
    wrong = {key: sum(key in each for each in told) for key in ("double", "wrong", "error")}
    p95_s = took_s[int(0.95 * len(took_s))]
    return (
        f"{len(took_s)} borrowings: median {statistics.median(took_s):.3f} s, 95 % within "
        f"{p95_s:.3f} s, longest {took_s[-1]:.3f} s; held twice {wrong['double']}, another board "
        f"{wrong['wrong']}, errors {wrong['error']}"
    )


def is_clean(told: list[dict], errors_allowed: bool) -> bool:
    ended = sum("end" in each for each in told)
    return ended > 0 and not any(
        "double" in each or "wrong" in each or ("error" in each and not errors_allowed)
        for each in told
    )


def many(soak: Soak) -> bool:
    """So many borrowings, undisturbed."""
    began_s, load = time.monotonic(), os.getloadavg()[0]
    told = soak.work(soak.options.borrowings // soak.options.workers)
    say(f"{counted(told)}; {time.monotonic() - began_s:.0f} s, load before {load:.1f}")
    lost = [name for name, state in soak.states().items() if state != "ready"]
    say(f"Boards not free afterwards: {lost or 'none'}")
    return is_clean(told, errors_allowed=False) and not lost


def in_turn(soak: Soak, borrowers: int) -> bool:
    """Of a lab with as many places and ports, whoever has them."""
    others = [f"other{number}" for number in range(PLACES - len(soak.names))]
    with ExitStack() as stack:
        coordinator = stack.enter_context(Coordinator(soak.coordinator.address))
        ports = {"cls": "NetworkSerialPort", "host": "127.0.0.1", "port": 1, "speed": 115200}
        where = ("others", "127.0.0.1", soak.coordinator.address)
        exporter = ExporterProcess(*where, {name: {"NetworkSerialPort": ports} for name in others})
        stack.callback(exporter.stop)
        for name in others:
            with suppress(LabError):  # it is there, of a part before
                coordinator.add_place(name)
                coordinator.add_match(name, f"others/{name}/*")
        command = [sys.executable, "-W", "ignore", "-c", TIMER, str(soak.options.in_turn_s)]
        timers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(borrowers)]
        told = [json.loads(timer.communicate()[0]) for timer in timers]
    each = {how: [s for of_one in told for s in of_one[how]] for how in ("now", "before")}
    now_s, before_s = map(statistics.median, each.values())
    say(
        f"{borrowers} at once, {len(each['now'])} borrowings of {PLACES} places: median "
        f"{now_s * 1000:.1f} ms; in turn with them, asking for all resources, "
        f"{before_s * 1000:.1f} ms: a ratio of {now_s / before_s:.2f}, load "
        f"{os.getloadavg()[0]:.1f}"
    )
    return True


def alone(soak: Soak) -> bool:
    """One who borrows alone."""
    return in_turn(soak, 1)


def at_once(soak: Soak) -> bool:
    """As many as there are workers, each of them in turn in both ways."""
    return in_turn(soak, soak.options.workers)


def dead(soak: Soak) -> bool:
    """Workers that are killed, and one that stands still."""
    free_s = [_free_after(soak, signal.SIGKILL) for _ in range(soak.options.kills)]
    say(f"A killed worker's board was free after {max(free_s):.2f} s at most of {len(free_s)}")
    still_s = _free_after(soak, signal.SIGSTOP)
    say(f"A stopped worker's board was free after {still_s:.1f} s, with leases of {LEASE_S} s")
    return max([*free_s, still_s]) <= FREE_S_MAX


def _free_after(soak: Soak, number: int) -> float:
    worker = soak.worker(1, hold_s=600)
    place = json.loads(worker.stdout.readline())["place"]
    worker.send_signal(number)
    free_s = soak.until(lambda: soak.states()[place] == "ready")
    worker.kill()
    worker.communicate()
    return free_s


def restarted(soak: Soak) -> bool:
    """While all work, each of the three is killed again and again."""
    killed = {"coordinator": 0, "labgrid-exporter": 0, "tinyteach lab export": 0}

    def kill_them(workers) -> None:
        while all(worker.poll() is None for worker in workers):
            what = list(killed)[sum(killed.values()) % 3]
            _kill(soak, what)
            killed[what] += 1
            for worker in workers:
                with suppress(subprocess.TimeoutExpired):
                    worker.wait(soak.options.pause_s / len(workers))
                soak.supervise()

    told = soak.work(soak.options.disturbed // soak.options.workers, kill_them)
    say(f"Killed and started again: {killed}. {counted(told)}")
    errors = [each["error"] for each in told if "error" in each]
    kinds = sorted({error.partition(";")[0].partition("(")[0] for error in errors})
    say(f"What the workers were told: {kinds}")
    free_s = soak.until(lambda: not any(is_ours(entry.owner) for entry in lab_status(None).boards))
    say(f"No worker had a board {free_s:.1f} s after the last one")
    ready_s = soak.until_all_are_ready()
    say(f"The doctor had seen all boards again {free_s + ready_s:.0f} s after it")
    return is_clean(told, errors_allowed=True) and free_s <= FREE_S_MAX and ready_s < 600


def _kill(soak: Soak, what: str) -> None:
    if what == "coordinator":
        soak.coordinator.kill()
        soak.coordinator.start()
    elif what == "tinyteach lab export":
        soak.stop_export(signal.SIGKILL)
        soak.start_export()
    else:
        children = Path(f"/proc/{soak.export.pid}/task/{soak.export.pid}/children").read_text()
        for child in children.split():
            if b"labgrid-exporter" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)


def sick(soak: Soak) -> bool:
    """A board loses its power while it is borrowed."""
    worker = soak.worker(1, hold_s=2)
    place = json.loads(worker.stdout.readline())["place"]
    number = soak.names.index(place)
    soak.farm.power(number, on=False)
    worker.communicate()
    offline_s = soak.until(lambda: soak.states()[place] == "offline")
    reason = next(entry.reason for entry in lab_status(None).boards if entry.name == place)
    say(f"Without power {place} was offline after {offline_s:.1f} s: {reason}")
    soak.farm.power(number, on=True)
    back_s = soak.until(lambda: soak.states()[place] == "ready")
    say(f"With power it was ready after {back_s:.1f} s")
    return max(offline_s, back_s) < 600


PARTS = {
    "many": many,
    "alone": alone,
    "at_once": at_once,
    "dead": dead,
    "restarted": restarted,
    "sick": sick,
}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=50)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--borrowings", type=int, default=2000)
    parser.add_argument("--disturbed", type=int, default=400, help="borrowings under restarts")
    parser.add_argument("--pause-s", type=float, default=10.0, help="between two restarts")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--in-turn-s", type=float, default=20.0, help="seconds of both ways")
    parser.add_argument(
        "--quick", action="store_true", help="of borrowing alone only: within a minute"
    )
    options = parser.parse_args()
    if options.quick:
        options.boards, options.parts = 2, ["alone"]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.environ |= {"TINYTEACH_HOME": f"{folder}/home", "TINYTEACH_LABGRID": str(programs())}
        soak = Soak(options, Path(folder), stack)
        ready_s = soak.until_all_are_ready()
        who = f"{options.boards} boards, {options.workers} workers, user {os.getuid()}"
        say(f"{who}; all were looked at after {ready_s:.0f} s")
        return 0 if all([PARTS[name](soak) for name in options.parts]) else 1


if __name__ == "__main__":
    sys.exit(main())
