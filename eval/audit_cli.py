"""`suluh data audit`: what could be learned from these rows instead of the claim."""

from datetime import UTC, datetime
from pathlib import Path

import click

from data.schema import DataError
from data.sources.tables import data_folder
from eval import audit_report
from eval.audit import audit_folder


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
        report = audit_folder(data_folder(data))
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(audit_report.as_html(report, datetime.now(UTC)), encoding="utf-8")
    except (DataError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(audit_report.as_text(report))
    click.echo(f"Written: {out}", err=True)
    if report.audit.failures:
        raise click.ClickException(f"{len(report.audit.failures)} check(s) failed.")
