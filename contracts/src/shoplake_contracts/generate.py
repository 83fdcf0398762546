"""Writes what is derived from the contract: `python -m shoplake_contracts.generate`, or `--check` to compare only.

Needs a checkout and the development tools; the wheel ships the results.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from datamodel_code_generator import (
    Formatter,
    GenerateConfig,
    InputFileType,
    LiteralType,
    PythonVersion,
    generate,
)
from datamodel_code_generator.enums import DataModelType

from shoplake_contracts import asyncapi
from shoplake_contracts.data import root
from shoplake_contracts.model_schema import model_schema

MODELS_HEADER = '"""Pydantic models of the events, version 1; written by `make generate`, never by hand."""'


def artefacts() -> Mapping[Path, str]:
    """Every derived file with the content it has to have."""
    return {
        root() / "asyncapi.yaml": asyncapi.document(),
        root() / "src/shoplake_contracts/generated/events_v1.py": models(),
    }


def models() -> str:
    """The source of generated/events_v1.py."""
    config = GenerateConfig(
        input_file_type=InputFileType.JsonSchema,
        output_model_type=DataModelType.PydanticV2BaseModel,
        target_python_version=PythonVersion.PY_311,
        custom_file_header=MODELS_HEADER,
        disable_timestamp=True,
        enum_field_as_literal=LiteralType.All,
        extra_fields="allow",
        field_constraints=True,
        formatters=[Formatter.RUFF_FORMAT],
        keep_model_order=True,
        use_annotated=True,
        use_double_quotes=True,
        use_field_description=True,
        use_schema_description=True,
        use_single_line_docstring=True,
        settings_path=root().parent,
        use_standard_collections=True,
        use_title_as_name=True,
        use_union_operator=True,
        collapse_root_models=True,
    )
    source = generate(json.dumps(model_schema()), config=config)
    if not isinstance(source, str):
        raise TypeError("the generator has returned several modules instead of one")
    return source


def main(arguments: list[str]) -> int:
    """Write the derived files, or with `--check` say which differ; 1 if any does."""
    differing = [path for path, content in artefacts().items() if not path.is_file() or path.read_text() != content]
    if "--check" in arguments:
        for path in differing:
            sys.stderr.write(f"{path.relative_to(root())} is not what the contract says: run make generate\n")
        return 1 if differing else 0
    for path, content in artefacts().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
