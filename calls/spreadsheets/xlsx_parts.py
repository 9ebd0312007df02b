"""The packed parts of an Excel file: opened only if they are safe to unpack, parsed a piece at a time."""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.parsers import expat

from django.utils.translation import gettext_noop as _

from calls.spreadsheets.kinds import DAMAGED, ENCRYPTED
from calls.spreadsheets.limits import LONGEST_ROW, MOST_PARTS, MOST_TIMES_PACKED, MOST_UNPACKED, Unreadable

_BOMB = _(
    "The Excel file unpacks to far more than a list can be. Copy the people into a new workbook, save it as .xlsx "
    "and upload that."
)
_DECLARATIONS = _(
    "The Excel file declares texts of its own (a “DOCTYPE”), which no spreadsheet program writes. Copy the people into "
    "a new workbook, save it as .xlsx and upload that."
)

_PIECE = 64 * 1024
_SMALL_PART = 16 * 1024 * 1024  # how often it was packed does not matter
_DEEPEST = 200  # elements within elements; the parser remembers each, and a sheet needs seven

# What Python's readers raise for files that are not as they should be. ValueError: also letters and numbers.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
)


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a packed file. Whatever is found to be broken in it, now or while it is read, is Unreadable."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except Unreadable:
        raise
    except _BROKEN as error:
        raise Unreadable(DAMAGED) from error


class Reader:
    """What is made of one part. `text` gathers the letters of the element that is open, if `is_open` says so.

    `start` and `end` have to count how deep elements lie within each other.
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self.is_open = False
        self.depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1

    def end(self, name: str) -> None:
        self.depth -= 1

    def check(self) -> None:
        """Keep no letters that nobody wants; refuse what would fill the memory."""
        if self.depth > _DEEPEST:
            raise Unreadable(DAMAGED)
        if not self.is_open:
            self.text.clear()
        elif sum(map(len, self.text)) > LONGEST_ROW:
            raise Unreadable(_BOMB)


@dataclass(frozen=True)
class Relation:
    id: str
    kind: str  # "worksheet", "styles"…
    target: str


class Parts:
    """The parts of a packed file by name. Raises Unreadable if they are too large, many or protected to be read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        infos = archive.infolist()
        if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > MOST_UNPACKED:
            raise Unreadable(_BOMB)
        for info in infos:
            if info.flag_bits & 1:
                raise Unreadable(ENCRYPTED)
            if info.file_size > max(_SMALL_PART, info.compress_size * MOST_TIMES_PACKED):
                raise Unreadable(_BOMB)
            # Other packings unpack without a limit.
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Unreadable(DAMAGED)
        self.infos = {_normal(info.filename): info for info in infos}

    def __contains__(self, name: str) -> bool:
        return _normal(name) in self.infos

    def parse(self, name: str, reader: Reader) -> None:
        for _piece in self.pieces(name, reader):
            pass

    def pieces(self, name: str, reader: Reader) -> Iterator[None]:
        """Give a part to `reader`, and a turn to the caller after each piece."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_declarations
        parser.StartElementHandler = partial(_begin, parser, reader)
        parser.CharacterDataHandler = reader.text.append
        # zipfile gives out no more than the size that was checked, and compares the checksum at the end.
        with self.archive.open(self.infos[_normal(name)]) as part:
            while piece := part.read(_PIECE):
                parser.Parse(piece)
                reader.check()
                yield
            parser.Parse(b"", True)
            yield

    def relations(self, name: str) -> list[Relation]:
        """Return the parts that a part names; those of the whole file for an empty name."""
        folder, base = posixpath.split(name)
        reader = _Relations(folder)
        part = posixpath.join(folder, "_rels", f"{base}.rels")
        if part in self:
            self.parse(part, reader)
        return reader.found

    def related(self, name: str, kind: str) -> list[Relation]:
        return [relation for relation in self.relations(name) if relation.kind == kind]


def _begin(parser: expat.XMLParserType, reader: Reader, name: str, attributes: dict[str, str]) -> None:
    """Take the first element of a part. Where it has a prefix, the others that matter have the same."""
    prefix, colon, _name = name.rpartition(":")
    start, end = reader.start, reader.end
    if colon:
        beginning = len(prefix) + 1
        parser.StartElementHandler = lambda name, attributes: start(name[beginning:], attributes)
        parser.EndElementHandler = lambda name: end(name[beginning:])
    else:
        parser.StartElementHandler = start
        parser.EndElementHandler = end
    parser.StartElementHandler(name, attributes)


def _normal(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _refuse_declarations(*_declaration: object) -> None:
    raise Unreadable(_DECLARATIONS)


class _Relations(Reader):
    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder
        self.found: list[Relation] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", self.folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found.append(Relation(attributes.get("Id", ""), kind, target.lstrip("/")))
