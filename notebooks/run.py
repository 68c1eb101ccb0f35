"""Runs the lessons and writes their outputs: `make notebooks`.

Execution times and the interpreter's version are left out, so that a notebook changes only
when its text or what it shows changes.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def run(path: Path) -> None:
    """Execute one notebook in place."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        # A widget's state is a bundle that changes with every build.
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                # The frames name this machine's paths; the message is what teaches.
                output.traceback = [f"{output.ename}: {output.evalue}"]
    nbformat.write(notebook, path)


def main() -> None:
    """Run the notebooks named on the command line, or all of them."""
    if os.environ.get("JAXPLORE_DETERMINISTIC") != "1":
        sys.exit("Do: run this as `make notebooks`, which makes the outputs repeatable.")
    paths = [Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb"))
    for path in paths:
        print(path.name, flush=True)
        run(path)


if __name__ == "__main__":
    main()
