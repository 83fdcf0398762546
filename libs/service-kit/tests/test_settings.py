"""One Kafka block feeds both kinds of clients."""

import ssl
from pathlib import Path

import pytest
from pydantic import ValidationError
from shoplake_service_kit.settings import ControlSettings, KafkaSettings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KafkaSettings.model_fields | ControlSettings.model_fields:
        monkeypatch.delenv(f"SHOPLAKE_KAFKA_{name}".upper(), raising=False)
        monkeypatch.delenv(f"SHOPLAKE_CONTROL_{name}".upper(), raising=False)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text('pa"ss\\word\n')
    return path


def test_plain() -> None:
    kafka = KafkaSettings()
    assert kafka.aiokafka() == {"bootstrap_servers": "127.0.0.1:9092", "security_protocol": "PLAINTEXT"}
    assert kafka.librdkafka() == {"bootstrap.servers": "127.0.0.1:9092", "security.protocol": "PLAINTEXT"}


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch, password_file: Path) -> None:
    monkeypatch.setenv("SHOPLAKE_KAFKA_BOOTSTRAP", "a:1,b:2")
    monkeypatch.setenv("SHOPLAKE_KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("SHOPLAKE_KAFKA_SASL_USERNAME", "shop")
    monkeypatch.setenv("SHOPLAKE_KAFKA_SASL_PASSWORD_FILE", str(password_file))
    monkeypatch.setenv("SHOPLAKE_KAFKA_TLS_CA_FILE", "")
    assert KafkaSettings().aiokafka() == {
        "bootstrap_servers": "a:1,b:2",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "shop",
        "sasl_plain_password": 'pa"ss\\word',
    }


def test_sasl_for_librdkafka(password_file: Path) -> None:
    kafka = KafkaSettings.model_validate(
        {"security_protocol": "SASL_PLAINTEXT", "sasl_username": "shop", "sasl_password_file": password_file}
    )
    assert kafka.librdkafka() == {
        "bootstrap.servers": "127.0.0.1:9092",
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "shop",
        "sasl.password": 'pa"ss\\word',
    }


def test_tls_for_librdkafka() -> None:
    files = {f"tls_{name}_file": f"/etc/{name}.pem" for name in ("ca", "cert", "key")}
    assert KafkaSettings.model_validate({"security_protocol": "SSL"} | files).librdkafka() == {
        "bootstrap.servers": "127.0.0.1:9092",
        "security.protocol": "SSL",
        "ssl.ca.location": "/etc/ca.pem",
        "ssl.certificate.location": "/etc/cert.pem",
        "ssl.key.location": "/etc/key.pem",
    }


def test_tls_for_aiokafka_verifies_the_broker(password_file: Path) -> None:
    kafka = KafkaSettings.model_validate(
        {"security_protocol": "SASL_SSL", "sasl_username": "shop", "sasl_password_file": password_file}
    )
    context = kafka.aiokafka()["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    "settings",
    [
        {"security_protocol": "SASL_SSL"},
        {"security_protocol": "SASL_PLAINTEXT", "sasl_username": "shop"},
        {"security_protocol": "SSL", "tls_cert_file": "cert.pem"},
        {"security_protocol": "TLS"},
        {"sasl_mechanism": "GSSAPI"},
    ],
)
def test_half_a_credential_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        KafkaSettings.model_validate(settings)


def test_allowed_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLAKE_CONTROL_ALLOWED_HOSTS", "shop.internal, 10.0.0.7,")
    assert ControlSettings().allowed_hosts == ("shop.internal", "10.0.0.7")
    monkeypatch.delenv("SHOPLAKE_CONTROL_ALLOWED_HOSTS")
    assert ControlSettings().allowed_hosts == ("127.0.0.1", "localhost", "[::1]")
