# SPDX-License-Identifier: Apache-2.0
"""What a disk holds after a power cut, from the record that disk_shim.c makes: all that was synced, and of the rest
some writes whole, some torn between sectors, some not at all."""

import pathlib

SECTOR = 512


class Record:
    """The operations on the files below a path, in order."""

    def __init__(self, path):
        data, at = pathlib.Path(path).read_bytes(), 0
        self.operations = []
        while (end := data.find(b"\n", at)) >= 0:
            kind, name, offset, length = data[at:end].decode().split()
            at = end + 1 + int(length)
            self.operations.append((kind, name, int(offset), data[end + 1:at]))

    def lines(self, name, until):
        """What had been appended to a journal when the power went."""
        whole = b"".join(data for kind, path, _, data in self.operations[:until] if kind == "W" and path == name)
        return [line.decode().split(" ") for line in whole.split(b"\n")[:-1]]

    def image(self, until, random, without):
        """{path: bytes} after a cut before operation number `until`."""
        files, pending = {}, {}
        for kind, path, offset, data in self.operations[:until]:
            if path in without:
                continue
            if kind == "S":
                for operation in pending.pop(path, []):
                    apply(files, path, *operation)
                files.setdefault(path, bytearray())
            elif kind == "U":
                pending.pop(path, None)
                files.pop(path, None)
            else:
                pending.setdefault(path, []).append((kind, offset, data))
        for path, operations in pending.items():
            for kind, offset, data in operations:
                chance = random.random()
                if chance < 0.4 or kind == "T" and chance < 0.7:
                    apply(files, path, kind, offset, data)
                elif chance < 0.7:
                    for start in range(0, len(data), SECTOR):
                        if random.random() < 0.5:
                            apply(files, path, kind, offset + start, data[start:start + SECTOR])
        return files


def apply(files, path, kind, offset, data):
    content = files.setdefault(path, bytearray())
    if kind == "T":
        del content[offset:]
        content.extend(b"\0" * (offset - len(content)))
        return
    content.extend(b"\0" * (offset + len(data) - len(content)))
    content[offset:offset + len(data)] = data
