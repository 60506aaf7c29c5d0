"""`suluh data audit`: what could be learned from these rows instead of the claim."""

from datetime import UTC, datetime
from pathlib import Path

import click


@click.command("audit")
@click.option("--data", type=click.Path(path_type=Path), default=None, help="The tables; else SULUH_DATA_DIR.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("var/audit.html"),
    show_default=True,
    help="The report with pictures, one HTML file.",
)
def audit(data: Path | None, out: Path) -> None:
    """Measure what gives a label away: tags, wording, typing, year, source, copies across the split.

    Takes a few minutes. The exit code is 1 where a check fails; training refuses such rows too, unless told why not.
    """
    try:
        from data.schema import DataError  # noqa: PLC0415 - a command loads what it needs when it is called
        from data.sources.tables import data_folder  # noqa: PLC0415
        from eval import audit_report  # noqa: PLC0415
        from eval.audit import audit_folder  # noqa: PLC0415

        report = audit_folder(data_folder(data))
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(audit_report.as_html(report, datetime.now(UTC)), encoding="utf-8")
    except ImportError as error:
        raise click.ClickException(f"{error.name} is missing: pip install 'suluh[train]'.") from error
    except (DataError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(audit_report.as_text(report))
    click.echo(f"Written: {out}", err=True)
    if report.audit.failures:
        raise click.ClickException(f"{len(report.audit.failures)} check(s) failed.")
