# SPDX-License-Identifier: Apache-2.0
"""Reads what publishers and consumers wrote down, and holds them to it: every event that was accepted was
handled exactly once or has been reported, and nothing was handled that nobody published."""

import collections
import json
import pathlib


class Wrong(AssertionError):
    """An event is unaccounted for."""


class Lines:
    """A journal that is being written, read on from where the last look ended."""

    def __init__(self, path):
        self.path, self.offset, self.rest = pathlib.Path(path), 0, b""

    def fresh(self):
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self.offset)
            data = self.rest + file.read()
            self.offset = file.tell()
        *lines, self.rest = data.split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").split(" ", 4)


class Published:
    """What one publisher says of its events."""

    def __init__(self, path):
        self.lines = Lines(path)
        self.tried, self.accepted, self.refused = set(), {}, {}
        self.ends = collections.defaultdict(list)  # id -> [(kind, time, detail)]
        self.stored = {}  # id -> sequence
        self.kept = {}  # id -> when it was safe in the spool
        self.lost = 0  # that the spool cannot name
        self.stats, self.memory, self.states = {}, 0, []

    def read(self):
        for kind, event, when, *rest in self.lines.fresh():
            if kind == "T":
                self.tried.add(event)
            elif kind == "A":
                self.accepted[event] = int(when)
            elif kind == "X":
                self.refused[event] = " ".join(rest)
            elif kind in "SF":
                self.ends[event].append((kind, int(when), rest[0]))
                if kind == "S":
                    self.stored[event] = int(rest[0])
            elif kind == "K":
                self.kept[event] = int(when)
            elif kind == "N":
                self.lost += int(rest[0])
            elif kind == "C":
                self.states.append((int(when), " ".join(rest)))
            elif kind == "Z":
                self.memory = max(self.memory, int(rest[0]))
                add_counts(self.stats, json.loads(rest[1]))
        return self


class Consumed:
    """What the processes of one service say of theirs."""

    def __init__(self, path):
        self.lines = Lines(path)
        self.handled = collections.defaultdict(list)  # id -> [(time, sequence, delivery count)]
        self.rejected = collections.defaultdict(list)
        self.letters = collections.defaultdict(set)  # id -> numbers of its dead letters
        self.retried = self.deferred = self.exhausted = 0
        self.uncertain = collections.Counter()  # id -> how often it was marked as perhaps handled before
        self.poison, self.errors, self.strange, self.states = {}, [], [], []
        self.stats, self.memory, self.began = {}, 0, []

    def read(self):
        for kind, event, when, *rest in self.lines.fresh():
            if kind in "HJ":
                where = self.handled if kind == "H" else self.rejected
                where[event].append((int(when), int(rest[0]), int(rest[1])))
            elif kind == "R":
                self.retried += 1
            elif kind == "D":
                self.deferred += 1
            elif kind == "U":
                self.uncertain[event] += 1
            elif kind == "P":
                self.poison[int(rest[0])] = rest[1]  # sequence -> why
            elif kind == "L":
                self.letters[event].add(int(rest[0]))
                self.exhausted += rest[1] == "exhausted"
            elif kind == "E":
                self.errors.append(" ".join(rest))
            elif kind == "?":
                self.strange.append(" ".join(rest))
            elif kind == "B":
                self.began.append(int(when))
            elif kind == "C":
                self.states.append((int(when), " ".join(rest)))
            elif kind == "Z":
                self.memory = max(self.memory, int(rest[0]))
                add_counts(self.stats, json.loads(rest[1]))
        return self

    def ended(self, event):
        return event in self.handled or event in self.letters


def add_counts(total, more):
    for name, value in more.items():
        if isinstance(value, (int, float)):
            total[name] = total.get(name, 0) + value


def some(events):
    events = sorted(events)
    return f"{len(events)}: {', '.join(map(str, events[:5]))}{' …' if len(events) > 5 else ''}"


class Account:
    """All publishers and all services of one scenario."""

    def __init__(self, publishers, services, ordered, survives=()):
        self.publishers, self.services, self.ordered = publishers, services, ordered
        self.survives = set(survives)  # publishers that are killed: what was under way may have no end
        self.faults = []

    def demand(self, good, text):
        if not good:
            self.faults.append(text)

    def owed(self):
        """The events that must be handled."""
        owed = set()
        for published in self.publishers.values():
            owed.update(published.stored)
            owed.update(event for event in published.kept if event not in published.ends)
        return owed

    def outstanding(self):
        owed = self.owed()
        return sum(1 for service in self.services.values() for event in owed if not service.ended(event))

    def _publisher(self, name, published):
        several = [event for event, ends in published.ends.items() if len(ends) != 1]
        self.demand(not several, f"{name}: completions that came more than once: {some(several)}")
        if name not in self.survives:
            silent = [event for event in published.accepted
                      if event not in published.ends and event not in published.kept]
            self.demand(not silent, f"{name}: accepted and never reported: {some(silent)}")
        strays = [event for event in published.ends if event not in published.tried]
        self.demand(not strays, f"{name}: completions of events never published: {some(strays)}")

    def _service(self, name, service, owed, known, refused):
        lost = [event for event in owed if not service.ended(event)]
        self.demand(not lost, f"{name}: accepted, and neither handled nor reported: {some(lost)}")
        unknown = [event for event in service.handled if event not in known]
        self.demand(not unknown, f"{name}: handled, but nobody published them: {some(unknown)}")
        wrongly = [event for event in service.handled if event in refused]
        self.demand(not wrongly, f"{name}: handled, though publishing was refused: {some(wrongly)}")
        self.demand(not service.strange, f"{name}: not what was published: {some(service.strange)}")
        for event, times in service.handled.items():
            if len({sequence for _, sequence, _ in times}) > 1:
                self.faults.append(f"{name}: {event} is in the stream more than once: {times}")
        twice = [event for event, times in service.handled.items()
                 if len(times) + len(service.letters.get(event, ())) > 1 + service.uncertain[event]]
        self.demand(not twice, f"{name}: handled more than once: {some(twice)}")

    def inversions(self):
        """Events of one publisher and subject that stand in the stream in another order than published. Not for
        those that publish from several threads: these have no order."""
        count = 0
        service = next(iter(self.services.values()))
        places = {event: times[0][1] for event, times in service.handled.items()}
        for name in self.ordered:
            last = {}
            for event, sequence in sorted(item for item in places.items() if item[0].startswith(name + "-")):
                number = int(event.rsplit("-", 1)[1])
                subject = (number % 5, number // 5 % 4)  # as events are made
                count += sequence < last.get(subject, 0)
                last[subject] = max(sequence, last.get(subject, 0))
        return count

    def check(self):
        owed = self.owed()
        known = set().union(*(published.tried for published in self.publishers.values()))
        refused = set().union(*(set(published.refused) - set(published.accepted)
                                for published in self.publishers.values()))
        for name, published in self.publishers.items():
            self._publisher(name, published)
        for name, service in self.services.items():
            self._service(name, service, owed, known, refused)
        turned = self.inversions()
        self.demand(not turned, f"{turned} events of a subject overtook others of it")
        if self.faults:
            raise Wrong("\n".join(self.faults))

    def figures(self):
        publishers, services = self.publishers.values(), self.services.values()
        ends = [end for published in publishers for end in published.ends.values()]
        handled = [times for service in services for times in service.handled.values()]
        return {
            "accepted": sum(len(published.accepted) for published in publishers),
            "stored": sum(len(published.stored) for published in publishers),
            "spooled": sum(len(published.kept) for published in publishers),
            "reported": sum(1 for end in ends if end[0][0] == "F"),
            "refused": sum(len(published.refused) for published in publishers),
            "resent": sum(published.stats.get("resent", 0) for published in publishers),
            "duplicates on the wire": sum(published.stats.get("duplicates", 0) for published in publishers) +
            sum(service.stats.get("redelivered", 0) for service in services),
            "handled": len(handled),
            "handled once": sum(1 for times in handled if len(times) == 1),
            "marked uncertain": sum(sum(service.uncertain.values()) for service in services),
            "dead letters": sum(len(numbers) for service in services for numbers in service.letters.values()),
            "poison": sum(len(service.poison) for service in services),
            "memory MiB": max(side.memory for side in [*publishers, *services]) // 1024,
        }
