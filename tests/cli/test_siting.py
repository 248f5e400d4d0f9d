"""``planner site``: sentence first, the best sites, how full schools are, and what it refuses."""

from __future__ import annotations

import json

SITE = ("site", "keep.toml", "--seats", "200")


def test_the_sentence_stands_first_and_then_the_best_sites(desk, planner):
    """A row a site, best first, and the schools with the new one last."""
    said = planner(*SITE)
    assert said.code == 0
    sentence, table, loads, *_ = said.out.split("\n\n")
    assert sentence.startswith("Of ")
    assert "is best in" in sentence
    ranks = [line.split()[0] for line in table.splitlines()[2:]]
    assert ranks == [str(rank) for rank in range(1, len(ranks) + 1)]
    assert loads.splitlines()[-1].startswith("new school")


def test_further_sizes_say_how_firm_the_choice_is(desk, planner):
    said = planner(*SITE, "--seats", "90", "--demand", "1.1")
    assert said.out.count("With ") == 3


def test_json_holds_every_case(desk, planner):
    told = json.loads(planner(*SITE, "--rooms", "6", "--json").out)
    assert len(told["cases"]) == 2
    assert told["cases"][0]["seats"] == 200
    assert told["cases"][0]["best"][0]["rank"] == 1


def test_only_the_candidates_named_are_looked_at(desk, planner):
    told = json.loads(planner(*SITE, "--candidates", "B1, B2", "--json").out)
    assert told["candidates"] == 2
    assert {row["site"] for row in told["cases"][0]["best"]} == {"B1", "B2"}


def test_the_folder_is_written_once(desk, planner):
    """A second time only where it may be replaced."""
    assert planner(*SITE, "--out", "sites").code == 0
    assert planner(*SITE, "--out", "sites").code == 1
    assert planner(*SITE, "--out", "sites", "--replace").code == 0


def test_what_cannot_be_answered_is_refused_without_a_traceback(desk, planner):
    """Negative seats and no size at all, a block that is not there, a stage that is not taught."""
    said = planner("site", "keep.toml", "--seats", "-5")
    assert said.code == 2
    assert "-5 is no whole number" in said.err
    said = planner("site", "keep.toml", "--seats", "5", "--demand", "0")
    assert said.code == 2
    said = planner("site", "keep.toml")
    assert said.code == 1
    assert "--seats or --rooms" in said.err
    said = planner(*SITE, "--candidates", "B1,Z9", "--stage", "high")
    assert said.code == 1
    assert "Z9 is no block of the district" in said.err
    assert "There is no stage high" in said.err
