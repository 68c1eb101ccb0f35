"""What the HTML of several records has in common: code in words, and the host's theme."""

from html import escape


def with_code(text: str) -> str:
    """Text as HTML; the parts between back quotes are code.

    >>> with_code("`a<b` is"), with_code("a ` alone")
    ('<code>a&lt;b</code> is', 'a ` alone')
    """
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def themed(root: str, light: str, dark: str) -> str:
    """The rules that give an element its colours in the host's theme.

    Args:
        root: Its selector.
        light: Declarations, such as `"--jxp-x-line:#000"`.
        dark: The same for a dark theme.
    """
    return (
        f"{root}{{{light}}}"
        f"@media(prefers-color-scheme:dark){{{root}{{{dark}}}}}"
        # JupyterLab, Sphinx and VS Code say which theme they have; it may not be the system's.
        f":is([data-jp-theme-light=true],[data-theme=light],.vscode-light) {root}{{{light}}}"
        f":is([data-jp-theme-light=false],[data-theme=dark],.vscode-dark) {root}{{{dark}}}"
    )
