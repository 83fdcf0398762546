"""What every service is told from outside: how its control API is guarded, and where Kafka is.

One Kafka block feeds aiokafka and librdkafka, so that a secured cluster is described once.
"""

from enum import StrEnum
from pathlib import Path
from ssl import SSLContext
from typing import Annotated, Any, Literal, Self

from aiokafka.helpers import create_ssl_context
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SecurityProtocol(StrEnum):
    """How a client reaches the broker."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def sasl(self) -> bool:
        """Whether the client says who it is by SASL."""
        return self in (SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL)

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self in (SecurityProtocol.SSL, SecurityProtocol.SASL_SSL)


class SaslMechanism(StrEnum):
    """The mechanisms that librdkafka and aiokafka both speak with a user name and a password."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class ControlSettings(BaseSettings):
    """The control API: where it listens, who may call it, how the service logs and stops."""

    model_config = SettingsConfigDict(env_prefix="SHOPLAKE_CONTROL_", env_ignore_empty=True, frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on; anything but loopback needs a token file.")
    token_file: Path | None = Field(
        None, description="File of `role:sha256hex` lines (viewer, operator, admin); without it everybody is admin."
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("127.0.0.1", "localhost", "[::1]"), description="Host names the service answers to, separated by commas."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe level logged.")
    log_json: bool = Field(default=True, description="One JSON object per line; false gives lines for people.")
    stop_seconds: float = Field(60.0, gt=0, description="How long a stop waits for the step in hand, in seconds.")

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class KafkaSettings(BaseSettings):
    """How to reach Kafka, for aiokafka and for librdkafka alike."""

    model_config = SettingsConfigDict(env_prefix="SHOPLAKE_KAFKA_", env_ignore_empty=True, frozen=True)

    bootstrap: str = Field("127.0.0.1:9092", description="Brokers to ask first: host:port, separated by commas.")
    security_protocol: SecurityProtocol = Field(
        SecurityProtocol.PLAINTEXT, description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."
    )
    sasl_mechanism: SaslMechanism = Field(
        SaslMechanism.SCRAM_SHA_512, description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; used with a SASL protocol."
    )
    sasl_username: str | None = Field(None, description="User name; needed with a SASL protocol.")
    sasl_password_file: Path | None = Field(None, description="File with the password; needed with a SASL protocol.")
    tls_ca_file: Path | None = Field(None, description="PEM file of the authorities that signed the brokers.")
    tls_cert_file: Path | None = Field(None, description="PEM file of this client's certificate chain (mutual TLS).")
    tls_key_file: Path | None = Field(None, description="PEM file of its private key: PKCS#8, not encrypted.")
    create_topics: bool = Field(
        default=True, description="Create the contract's topics when absent; false if others do."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security_protocol.sasl and not (self.sasl_username and self.sasl_password_file):
            raise ValueError(f"{self.security_protocol} needs SHOPLAKE_KAFKA_SASL_USERNAME and …_SASL_PASSWORD_FILE")
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            raise ValueError("SHOPLAKE_KAFKA_TLS_CERT_FILE and …_TLS_KEY_FILE belong together")
        return self

    def aiokafka(self) -> dict[str, Any]:
        """Keyword arguments of every aiokafka client; reads the named files."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.security_protocol.value,
        }
        if self.security_protocol.tls:
            options["ssl_context"] = self._ssl_context()
        if self.security_protocol.sasl:
            options["sasl_mechanism"] = self.sasl_mechanism.value
            options["sasl_plain_username"] = self.sasl_username
            options["sasl_plain_password"] = self._password()
        return options

    def librdkafka(self) -> dict[str, str]:
        """The same under the names of librdkafka's clients, such as confluent-kafka."""
        options = {"bootstrap.servers": self.bootstrap, "security.protocol": self.security_protocol.value}
        if self.security_protocol.tls:
            files = {
                "ssl.ca.location": self.tls_ca_file,
                "ssl.certificate.location": self.tls_cert_file,
                "ssl.key.location": self.tls_key_file,
            }
            options |= {name: str(file) for name, file in files.items() if file}
        if self.security_protocol.sasl:
            options["sasl.mechanism"] = self.sasl_mechanism.value
            options["sasl.username"] = self.sasl_username or ""
            options["sasl.password"] = self._password()
        return options

    def _ssl_context(self) -> SSLContext:
        context: SSLContext = create_ssl_context(
            cafile=self.tls_ca_file, certfile=self.tls_cert_file, keyfile=self.tls_key_file
        )
        return context

    def _password(self) -> str:
        return self.sasl_password_file.read_text().strip("\r\n") if self.sasl_password_file else ""
