"""The command `ondol`."""

import sys


def main() -> None:
    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ImportError as error:
        sys.exit(f"ondol: the command needs {error.name}, which is not installed: pip install 'ondol[cli]'")
    from .app import run

    run()
