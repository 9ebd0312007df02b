"""Sends webhooks when they are due: one clock, a few threads, however many calls are under way."""

import heapq
import itertools
import threading
import time
from datetime import UTC, datetime
from queue import SimpleQueue

import requests

from osvi_simulator.book import Call
from osvi_simulator.journal import Journal, SentWebhook
from osvi_simulator.payloads import Message, Planned, outcome_message, plan

THREADS = 8
TIMEOUT = (3.0, 10.0)  # seconds to connect, seconds to answer


class Courier:
    """Start it before the first `schedule`, stop it when done; what is then not yet due is never sent."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[tuple[float, int, Call, list[Planned]]] = []
        self._order = itertools.count()  # keeps the heap from comparing calls
        self._changed = threading.Condition()
        self._stopping = False
        self._due: SimpleQueue[tuple[Call, list[Planned]] | None] = SimpleQueue()
        self._threads = [threading.Thread(target=self._watch, name="osvi-simulator-clock", daemon=True)]
        self._threads += [
            threading.Thread(target=self._work, name=f"osvi-simulator-webhooks-{number}", daemon=True)
            for number in range(THREADS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Return when the threads have ended, or after a few seconds if a receiver keeps one waiting."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        deadline = time.monotonic() + 2
        for thread in self._threads:
            thread.join(timeout=max(deadline - time.monotonic(), 0))

    def schedule(self, call: Call) -> None:
        """Plan the webhooks of a freshly accepted call; one is sent only when the one before it was answered."""
        self._put(call, plan(call))

    def _put(self, call: Call, planned: list[Planned]) -> None:
        if not planned:
            return
        due = call.clock + planned[0].at / call.speed
        with self._changed:
            heapq.heappush(self._waiting, (due, next(self._order), call, planned))
            if self._waiting[0][0] == due:
                self._changed.notify()

    def send_now(self, call: Call) -> None:
        """Tell the outcome and wait for the receiver's answer."""
        with requests.Session() as session:
            session.trust_env = False
            self._send(session, call, outcome_message(call, call.final_stage))

    def _watch(self) -> None:
        """Hand each webhook to the workers when its time has come."""
        with self._changed:
            while not self._stopping:
                wait = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    _, _, call, planned = heapq.heappop(self._waiting)
                    self._due.put((call, planned))
                else:
                    self._changed.wait(wait)
        for _ in range(THREADS):
            self._due.put(None)

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no .netrc for what is local
            while (job := self._due.get()) is not None and not self._stopping:
                call, planned = job
                self._send(session, call, planned[0].write())
                self._put(call, planned[1:])

    def _send(self, session: requests.Session, call: Call, message: Message) -> None:
        """Send once and enter it in the journal, whatever came of it; nothing is repeated."""
        url = call.request.webhook_url
        if not url:
            return
        entry = SentWebhook(
            time=datetime.now(UTC).isoformat(),
            phone=call.phone_number,
            call_id=call.call_id,
            method=message.method,
            url=url,
            body=(message.body or b"").decode(),
        )
        headers = {"Content-Type": "application/json"} if message.body is not None else {}
        try:
            response = session.request(
                message.method,
                url,
                data=message.body,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
            entry.status = response.status_code
        except (requests.RequestException, ValueError) as error:
            entry.error = f"{type(error).__name__}: {error}"
        self._journal.sent(entry)
