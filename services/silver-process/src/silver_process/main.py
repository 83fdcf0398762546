"""Runs silver-process: its JVM starts while the rest of it is imported, since both take seconds."""

from shoplake_spark_kit.session import start_early

from silver_process.settings import APPLICATION, Settings


def main() -> None:
    """Serve with settings from the environment."""
    settings = Settings()
    start_early(settings.spark, settings.lake, APPLICATION)
    # Not above: the JVM would start only when all of this has been loaded.
    from shoplake_service_kit.app import serve  # noqa: PLC0415

    from silver_process.app import create_app  # noqa: PLC0415

    serve(create_app(settings), settings.control.host, settings.port)


if __name__ == "__main__":
    main()
