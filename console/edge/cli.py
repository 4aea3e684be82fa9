"""`shualian edge`: serve the phone's page in the DMZ."""

import typer

from .settings import EdgeRefused, EdgeSettings

app = typer.Typer(help="The phone's page in the DMZ.")


@app.command()
def edge() -> None:
    """Serve until Ctrl-C; settings come from `SHUALIAN_EDGE_…` (docs/deployment.md)."""
    import uvicorn

    from .app import create_edge

    try:
        settings = EdgeSettings.load()
        made = create_edge(settings)
    except EdgeRefused as refused:
        typer.echo(f"{refused.code}: {refused}", err=True)
        raise typer.Exit(1) from None
    uvicorn.run(
        made,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.certificate_key,
        log_config=None,
        access_log=False,
        ws="none",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=200,
    )
