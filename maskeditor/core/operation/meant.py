"""What somebody likely meant by a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

#: A name is looked at as far as this: a recipe may be anybody's.
LONGEST_NAME = 60
#: How like two names must be, as difflib measures it.
_LIKE = 0.65
#: Letters that tell enough of how a name begins.
_FEWEST = 2


def meant(given: str, known: Mapping[str, Iterable[str]]) -> list[str]:
    """Return which of some names may be meant: all that are called just so; else those that begin so; else the nearest.

    Parameters
    ----------
    given : str
        Capitals, and what stands between words, do not matter.
    known : mapping of str to iterable of str
        What each is called besides.

    Examples
    --------
    >>> meant("temporal_snr", {"tsnr": ["Temporal SNR"], "template_mask": []})
    ['tsnr']
    >>> meant("volume", {"frame": ["Volume"], "image": ["Image"]}), meant("lowr", {"lower": [], "upper": []})
    (['frame'], ['lower'])
    >>> meant("colour", {"frame": ["Volume"], "image": ["Image"]})
    []
    """
    wanted = _plain(given[:LONGEST_NAME])
    called = {name: {_plain(one) for one in (name, *others)} for name, others in known.items()}
    exact = [name for name, own in called.items() if wanted in own]
    if exact or not wanted:
        return exact
    if len(wanted) >= _FEWEST:
        beginning = [name for name, own in called.items() if any(one.startswith(wanted) for one in own)]
        if beginning:
            return beginning
    near = difflib.get_close_matches(wanted, sorted(set().union(*called.values())), n=1, cutoff=_LIKE)
    own = [name for name in called if near and near[0] == _plain(name)]
    return own or [name for name, others in called.items() if near and near[0] in others]


def ending(given: str, known: Mapping[str, Iterable[str]], otherwise: str) -> str:
    """Return the end of a sentence on a name that is not known: what may be meant, or else what there is.

    Examples
    --------
    >>> ending("lowr", {"lower": [], "upper": []}, "; it has lower, upper.")
    "; did you mean 'lower'?"
    """
    names = [repr(name) for name in meant(given, known)]
    if not names:
        return otherwise
    *first, last = names
    return f"; did you mean {', '.join(first)} or {last}?" if first else f"; did you mean {last}?"


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
