"""The parts of the script that makes the fictional district 玉河区: settings, land, zones, people, rolls, files."""
