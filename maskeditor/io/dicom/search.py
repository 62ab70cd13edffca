"""The images below a path, shown while they are being found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.engine.progress import Reporter
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import NotDicom
from maskeditor.io.dicom.files import files_below, giving_way, sampled
from maskeditor.io.dicom.scan import DicomHeader, Unreadable, read_header, read_headers
from maskeditor.io.dicom.series import Reader, forecast, stacks_of
from maskeditor.io.dicom.slices import Member
from maskeditor.io.dicom.stack import Stack
from maskeditor.io.showing import Showing

#: Shown all that is known so far, each time as a whole.
ShowStacks = Callable[[list[Stack]], None]
#: Files that are named when they cannot be read; of more, only the number is given.
_NAMED = 4


class _Search:
    """What is known of the images so far."""

    def __init__(self, paths: list[Path], only: str | None, troubles: dict[Path, str]) -> None:
        self._paths = paths
        self._only = only
        self._reader = Reader()
        self._series: dict[str, list[tuple[int, Member]]] = defaultdict(list)
        self._stacks: dict[str, list[Stack]] = {}
        #: Why what was left out was, by its path: first what was passed over on the way, such as folders.
        self._passed = list(troubles)
        self._broken = {path: f"{path.name} was left out: {why}." for path, why in troubles.items()}
        #: Files not yet read of each folder, and the folders of each series: a series is taken to be whole once all
        #: files beside its own are read. Should more turn up elsewhere, it is put together again.
        self._left = Counter(path.parent for path in paths)
        self._folders: dict[str, set[Path]] = defaultdict(set)
        self._changed: set[str] = set()

    def add(self, place: int, header: DicomHeader | Unreadable | None) -> None:
        """Take in what a file says."""
        path = self._paths[place]
        self._left[path.parent] -= 1
        if isinstance(header, Unreadable):
            self._broken[path] = f"{path.name} was left out: {header}."
        if not isinstance(header, DicomHeader):
            return
        # Without a UID, files of one folder are taken for a series.
        uid = header.elements.text(tags.SERIES_UID) or str(path.parent)
        if self._only not in (None, uid):
            return
        try:
            member = self._reader.member(header)
        except NotDicom as error:
            self._broken[path] = f"{path.name} was left out: {error}."
            return
        self._series[uid].append((place, member))
        self._folders[uid].add(path.parent)
        self._stacks.pop(uid, None)
        self._changed.add(uid)

    def settle(self, *, all_read: bool = False) -> None:
        """Put together the series that are whole by now."""
        for uid in giving_way(list(self._changed)):
            if all_read or not any(self._left[folder] for folder in self._folders[uid]):
                members = sorted(self._series[uid], key=lambda member: member[0])
                self._stacks[uid] = stacks_of([member for _, member in members])
                self._changed.discard(uid)

    def so_far(self) -> list[Stack]:
        """Return the images so far, put together as far as they are whole."""
        self.settle()
        return self.stacks()

    def stacks(self) -> list[Stack]:
        """Return the images so far, in the order of the series' numbers."""
        found = []
        for uid, members in giving_way(self._series.items()):
            found += self._stacks[uid] if uid in self._stacks else [forecast([member for _, member in members])]
        found.sort(key=lambda stack: (stack.series_number, stack.series_uid))
        nameless = [stack for stack in found if not stack.series_uid]
        if len({id(stack.slices) for stack in nameless}) > 1:
            number = 0
            for stack in nameless:
                number += not stack.resampling
                stack.number = number
        return found

    def broken(self) -> list[str]:
        """Return one sentence for each file that cannot be read, or a number for many."""
        sentences = [self._broken[path] for path in [*self._passed, *self._paths] if path in self._broken]
        if len(sentences) > _NAMED + 1:
            sentences[_NAMED:] = [f"{len(sentences) - _NAMED} more files were left out, as they could not be read."]
        return sentences


def find_images(path: Path, report: Reporter | None = None, show: ShowStacks | None = None) -> list[Stack]:
    """Return the images in a folder of any depth, or of the series that a file belongs to; no pixel is read.

    Parameters
    ----------
    path : Path
    report : callable of float, optional
    show : callable of list of Stack, optional
        Shown what is known so far, several times a second; an image of which not all is known has no shape yet.

    Returns
    -------
    list of Stack
        Empty if there is no DICOM image. What was found broken is in the findings of each.

    Raises
    ------
    FileError
        If the path does not exist or cannot be read, or if all DICOM images in it are damaged.
    """
    troubles: dict[Path, str] = {}
    paths, only = _candidates(path, troubles)
    search = _Search(paths, only, troubles)
    order = sampled(paths)
    showing = Showing(show)
    headers = read_headers(path for _, path in order)
    for count, ((place, _), header) in giving_way(enumerate(zip(order, headers, strict=True))):
        if report is not None:
            report(count / len(order))
        search.add(place, header)
        showing.show_if_due(search.so_far)
    search.settle(all_read=True)
    stacks, broken = search.stacks(), search.broken()
    if only is not None:
        stacks = [stack for stack in stacks if not stack.copy or str(path) in stack.files]
    for stack in giving_way(stacks):
        stack.findings += broken
    if not stacks and broken:
        raise FileError(f"{path.name} holds no DICOM image that can be read: {broken[0]}")
    return stacks


def _candidates(path: Path, troubles: dict[Path, str]) -> tuple[list[Path], str | None]:
    """Return the files to look at, and the only series that is wanted of them; say what was passed over and why."""
    if path.is_dir():
        return list(files_below(path, troubles)), None
    if not path.exists():
        raise FileError(f"{path.name} cannot be opened: it does not exist; check its name.")
    try:
        own = read_header(path)
    except Unreadable as error:
        raise FileError(f"{path.name} cannot be opened: {error}.") from None
    if own is not None:
        # The file that was asked for comes first: of copies, it is the one that counts.
        neighbours = [path, *sorted(other for other in path.parent.iterdir() if other.is_file() and other != path)]
        return neighbours, own.elements.text(tags.SERIES_UID) or str(path.parent)
    return (list(files_below(path.parent, troubles)), None) if path.name.upper() == "DICOMDIR" else ([], None)
