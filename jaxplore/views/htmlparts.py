"""What the HTML of several records has in common: code in words, the host's theme and letters."""

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


def lettering(root: str, more: str = "") -> str:
    """The rules that give an element and the code in it the host's letters.

    Args:
        root: Its selector.
        more: Further declarations for it, such as `";padding-left:8px"`.
    """
    return (
        f"{root}{{font:12px var(--jp-content-font-family,system-ui,sans-serif);margin:2px 0{more}}}"
        f"{root} code{{font-family:var(--jp-code-font-family,ui-monospace,monospace);"
        "font-size:12px;background:none;color:inherit;padding:0}"
    )
