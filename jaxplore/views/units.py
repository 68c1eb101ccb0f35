"""Numbers as people read them."""


def milliseconds(seconds: float) -> str:
    """A duration, in milliseconds below a minute of seconds.

    >>> milliseconds(0.1432), milliseconds(0.0004), milliseconds(12.34)
    ('143 ms', '0.4 ms', '12.3 s')
    """
    if seconds >= 10:
        return f"{seconds:.1f} s"
    value = seconds * 1e3
    return f"{value:,.0f} ms" if value >= 1 else f"{value:.1f} ms"


def counted(count: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "compile"), counted(52310, "equation")
    ('1 compile', '52,310 equations')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def size(size_bytes: int | None) -> str:
    """A number of bytes.

    >>> size(12), size(4096), size(None)
    ('12 B', '4.0 KiB', '')
    """
    if size_bytes is None:
        return ""
    value = float(size_bytes)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:,.1f} GiB"


def cut(text: str, most: int) -> str:
    """A text of at most so many characters.

    >>> cut("abcdef", 4), cut("abcd", 4)
    ('abc…', 'abcd')
    """
    return text if len(text) <= most else text[: most - 1] + "…"
