"""The JSON Schema that editors use."""

from __future__ import annotations

import json

from planner.scenario import Scenario, scenario_schema


def test_every_key_of_a_scenario_file_is_described():
    schema = scenario_schema()
    records = {"Scenario": schema, **schema["$defs"]}
    bare = [
        f"{name}.{key}"
        for name, record in records.items()
        for key, entry in record["properties"].items()
        if "description" not in entry
    ]
    assert not bare


def test_the_schema_knows_the_keys_of_the_records_and_no_others():
    schema = scenario_schema()
    assert set(schema["properties"]) == set(Scenario.model_fields)
    assert schema["additionalProperties"] is False
    assert json.loads(json.dumps(schema)) == schema


def test_a_rule_may_be_dated_by_a_school_year_as_in_a_file():
    since = scenario_schema()["$defs"]["Rule"]["properties"]["since"]
    assert {"type": "integer"} in since["anyOf"]
