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
    assert kafka.jvm() == {"bootstrap.servers": "127.0.0.1:9092", "security.protocol": "PLAINTEXT"}


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


@pytest.mark.parametrize(
    ("mechanism", "module"),
    [("PLAIN", "plain.PlainLoginModule"), ("SCRAM-SHA-256", "scram.ScramLoginModule")],
)
def test_sasl_for_the_jvm_quotes_what_would_end_the_line(password_file: Path, mechanism: str, module: str) -> None:
    kafka = KafkaSettings.model_validate(
        {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": mechanism,
            "sasl_username": "shop",
            "sasl_password_file": password_file,
        }
    )
    options = kafka.jvm()
    assert options["sasl.mechanism"] == mechanism
    assert options["sasl.jaas.config"] == (
        f'org.apache.kafka.common.security.{module} required username="shop" password="pa\\"ss\\\\word";'
    )


def test_tls_for_the_jvm_goes_in_by_content(tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "cert", "key")}
    for name, path in files.items():
        path.write_text(f"the {name}")
    kafka = KafkaSettings.model_validate(
        {"security_protocol": "SSL"} | {f"tls_{name}_file": path for name, path in files.items()}
    )
    assert kafka.jvm() == {
        "bootstrap.servers": "127.0.0.1:9092",
        "security.protocol": "SSL",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": "the ca",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": "the cert",
        "ssl.keystore.key": "the key",
    }


def test_tls_for_aiokafka_verifies_the_broker(password_file: Path) -> None:
    kafka = KafkaSettings.model_validate(
        {"security_protocol": "SASL_SSL", "sasl_username": "shop", "sasl_password_file": password_file}
    )
    context = kafka.aiokafka()["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert kafka.jvm().keys() == {"bootstrap.servers", "security.protocol", "sasl.mechanism", "sasl.jaas.config"}


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
