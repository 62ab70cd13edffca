"""What a person has in hand, as a session keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True)
class Hands:
    """The tool in hand, how tools are set, and the ROI that is worked on.

    Parameters
    ----------
    tool : str
        Its id.
    options : dict of str to dict
        How tools are set, as JSON can hold it, by the name under which their options are kept.
    active : str
        Id of the ROI.

    Examples
    --------
    >>> hands = Hands("eraser", {"brush": {"radius": 2.5}}, "roi2")
    >>> Hands.from_record(hands.to_record()) == hands
    True
    """

    tool: str
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    active: str = ""

    def to_record(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        record: dict[str, Any] = _HANDS.dump_python(self)
        return record

    @classmethod
    def from_record(cls, record: object) -> Hands | None:
        """Return what was recorded; None if that is nothing, or nothing that `to_record` would have written."""
        if isinstance(record, dict) and "brush" in record and "options" not in record:
            # Of a time when the brush alone had settings.
            record = {**record, "options": {"brush": record["brush"]}}
            del record["brush"]
        try:
            return _HANDS.validate_python(record, strict=False)
        except ValidationError:
            return None


_HANDS = TypeAdapter(Hands)
