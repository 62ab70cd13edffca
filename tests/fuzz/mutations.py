"""Damage of every kind: bits, bytes, numbers, pieces; and values of JSON."""

from __future__ import annotations

import copy
import json
import random
import struct
from typing import Any

_NUMBERS = (0, 1, -1, 2, 7, 127, 128, 255, 256, 32767, -32768, 65535, 2**31 - 1, -(2**31), 2**32 - 1)
_FLOATS = (0.0, -0.0, 1.0, -1.0, 1e-30, 1e30, float("inf"), -float("inf"), float("nan"), 0.5)
_KINDS = ("bit", "bit", "byte", "number", "number", "float", "cut", "zeros", "copy", "insert", "drop")
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3, 2**31, 2**63, 10**40, 0.5, -0.5, 1e300, float("inf"), float("nan"), "", "x", "roi1",
    "\ud800", "0", "-1", "n" * 3000, [], {}, [0], [[0, 0, 0]], [1, 2], {"x": 1}, [[[[[]]]]], "mask", "replace", "1-3",
)  # fmt: skip


def of_bytes(content: bytes, chance: random.Random, begin: int = 0) -> bytes:
    """Return bytes with one to four damages; half of those lie within the first `begin` bytes, if there are any."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        size = begin if begin and chance.random() < 0.5 else len(damaged)
        place = chance.randrange(max(1, min(size, len(damaged))))
        kind = chance.choice(
            ("bit", "bit", "byte", "number", "number", "float", "cut", "zeros", "copy", "insert", "drop")
        )
        length = chance.choice((1, 2, 4, 8, 40, 400))
        if kind == "bit" and damaged:
            damaged[place] ^= 1 << chance.randrange(8)
        elif kind == "byte" and damaged:
            damaged[place] = chance.randrange(256)
        elif kind == "number":
            form, mask = chance.choice((("B", 0xFF), ("H", 0xFFFF), ("I", 0xFFFFFFFF), ("Q", 2**64 - 1)))
            packed = struct.pack(chance.choice("<>") + form, chance.choice(_NUMBERS) & mask)
            place -= place % len(packed)
            damaged[place : place + len(packed)] = packed
        elif kind == "float":
            packed = struct.pack(chance.choice(("<f", ">f", "<d")), chance.choice(_FLOATS))
            place -= place % 4
            damaged[place : place + len(packed)] = packed
        elif kind == "cut":
            del damaged[place:]
        elif kind == "zeros":
            damaged[place : place + length] = bytes(length)
        elif kind == "copy":
            source = chance.randrange(max(1, len(damaged)))
            damaged[place : place + length] = damaged[source : source + length]
        elif kind == "insert":
            damaged[place:place] = chance.randbytes(length)
        else:
            del damaged[place : place + length]
    return bytes(damaged)


def of_json(text: str, chance: random.Random) -> str:
    """Return JSON text with one to four values or keys changed, or its bytes."""
    if chance.random() < 0.15:
        return of_bytes(text.encode(), chance).decode(errors="replace")
    value = json.loads(text)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        value = _changed(value, chance)
    return json.dumps(value)


def _changed(value: Any, chance: random.Random) -> Any:
    places = list(_containers(value))
    if not places:
        return _any_value(chance)
    holder = chance.choice(places)
    keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    kind = chance.choice(("value", "value", "value", "value", "remove", "key", "repeat"))
    if not keys:
        return value
    key = chance.choice(keys)
    if kind == "remove":
        del holder[key]
    elif kind == "repeat" and isinstance(holder, list):
        holder += holder[: 1 + chance.randrange(len(holder))] * chance.choice((1, 3, 50))
    elif kind == "key" and isinstance(holder, dict):
        holder[chance.choice(("", "x", "id", "roi", key + "s", key[:-1], "\ud800"))] = holder.pop(key)
    else:
        holder[key] = _near(holder[key], chance)
    return value


def _near(value: Any, chance: random.Random) -> Any:
    """Return a value that is as likely as not of the same type."""
    if isinstance(value, bool) or chance.random() < 0.5:
        return _any_value(chance)
    if isinstance(value, int | float):
        return chance.choice((value + 1, -value, value * 1000, value / 3, str(value)))
    if isinstance(value, str):
        return chance.choice((value + value, value[:-1], value.upper(), value.encode("utf-8", "surrogatepass").hex()))
    return _any_value(chance)


def _any_value(chance: random.Random) -> Any:
    # A copy: it may be changed next.
    return copy.deepcopy(chance.choice(_VALUES))


def _containers(value: Any) -> Any:
    if isinstance(value, dict | list):
        yield value
        for one in value.values() if isinstance(value, dict) else value:
            yield from _containers(one)
