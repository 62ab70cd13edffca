"""BIDS: a table with the columns index and name, parted by tabs."""

from __future__ import annotations


def read(text: str) -> dict[int, str] | None:
    r"""Return the names of labels by number; None if the text is no such table.

    Examples
    --------
    >>> read("index\tname\tcolor\n17\tLeft Hippocampus\t#ff0000\n")
    {17: 'Left Hippocampus'}
    """
    rows = [[cell.strip() for cell in line.split("\t")] for line in text.splitlines() if line.strip()]
    names = [cell.lower() for cell in rows[0]] if rows else []
    if "index" not in names or "name" not in names:
        return None
    index, name = names.index("index"), names.index("name")
    try:
        return {int(cells[index]): cells[name] for cells in rows[1:]}
    except (ValueError, IndexError):
        return None
