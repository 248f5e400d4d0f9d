"""The JSON Schema of scenario files, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from planner.scenario.model import Scenario


def scenario_schema() -> dict[str, Any]:
    """
    Return the JSON Schema of scenario files.

    Descriptions are the docstrings of the fields, in English. Where a file may be written more loosely than it
    is kept, the schema allows what a file may say: a school year for a date, one grade for a range.
    """
    schema = Scenario.model_json_schema()
    rule = schema["$defs"]["Rule"]["properties"]
    for key in ("since", "until"):
        rule[key] = {
            "anyOf": [{"type": "integer"}, {"type": "string", "format": "date"}],
            "description": rule[key]["description"],
        }
    rule["grades"] = {
        "anyOf": [{"type": "string"}, {"type": "integer"}],
        "description": rule["grades"]["description"],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "planner-scenario.json",
        **_without_titles(schema),
        "title": "Scenario of the school enrolment and catchment planner",
    }


def _without_titles(schema: Any) -> Any:
    """Return a schema without the titles that pydantic makes of the names of fields."""
    if isinstance(schema, dict):
        return {
            key: _without_titles(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_without_titles(entry) for entry in schema] if isinstance(schema, list) else schema
