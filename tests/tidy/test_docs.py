"""The documents say what the files say: the presets in docs/isolation.md against sandbox/presets/*.toml, the reports in
docs/reports.md against the registry."""

import pathlib
import re
import tomllib
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs/isolation.md"


def table_behind(text, marker):
    """The first table behind the marker: (heads, {first cell: other cells})."""
    rows = []
    for line in text[text.index(marker):].splitlines():
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            break
    return rows[0][1:], {row[0].strip("`"): row[1:] for row in rows[2:]}


def settings_of(preset):
    """Flat {key: text} of a preset, keys as in runharness.toml."""
    flat = {}
    for key, value in tomllib.loads(preset.read_text(encoding="utf-8")).items():
        inner = value.items() if isinstance(value, dict) else [(None, value)]
        for name, text in inner:
            flat[f"{key}.{name}" if name else key] = str(text)
    return flat


class Presets(unittest.TestCase):
    def test_the_table_has_every_value_of_every_preset(self):
        text = DOCUMENT.read_text(encoding="utf-8")
        heads, rows = table_behind(text, "<!-- presets:")
        files = {path.stem: settings_of(path) for path in (REPOSITORY / "sandbox/presets").glob("*.toml")}
        self.assertEqual(set(heads), set(files))
        self.assertEqual(set(rows), {key for settings in files.values() for key in settings})
        for column, preset in enumerate(heads):
            written = {key: cells[column] for key, cells in rows.items() if cells[column] != "-"}
            self.assertEqual(written, files[preset], preset)

    def test_promises_are_those_of_the_option(self):
        text = DOCUMENT.read_text(encoding="utf-8")
        _, rows = table_behind(text, "| promise | rows that must be")
        option = (REPOSITORY / "runner/engine/settings.cpp").read_text(encoding="utf-8")
        choices = re.search(r'\{"require", "--require", "RUNHARNESS_REQUIRE", list, "([^"]+)"', option).group(1)
        self.assertEqual(set(rows), set(choices.split("|")))

    def test_guarded_paths_are_those_of_the_code(self):
        code = (REPOSITORY / "runner/engine/step_environment.cpp").read_text(encoding="utf-8")
        guarded = re.search(r"kGuarded\[\] = \{(.*?)\};", code, re.DOTALL).group(1)
        text = DOCUMENT.read_text(encoding="utf-8")
        section = text[text.index("## Guarded paths"):text.index("`--rw PATH` lifts")]
        self.assertEqual(re.findall(r"`([^`]+)`", section), re.findall(r'"([^"]+)"', guarded))

    def test_filter_keys_are_those_of_the_page(self):
        code = (REPOSITORY / "reporters/html/src/data/query.ts").read_text(encoding="utf-8")
        keys = set(re.findall(r'"(\w+)"', " ".join(re.findall(r"names: \[([^\]]+)\]", code))))
        text = (REPOSITORY / "docs/formats/html.md").read_text(encoding="utf-8")
        section = text[text.index("## Filter"):text.index("## What is in it")]
        self.assertGreater(len(keys), 10)
        self.assertEqual(set(re.findall(r"`(\w+):", section)), keys)

    def test_links_of_the_document_lead_somewhere(self):
        for document in (DOCUMENT, REPOSITORY / "SECURITY.md", REPOSITORY / "docs/formats/doctor.md"):
            for target in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8")):
                self.assertTrue((document.parent / target).exists(), f"{document}: {target}")


class Reports(unittest.TestCase):
    def test_the_table_has_every_reporter_of_the_registry(self):
        registry = (REPOSITORY / "runner/app/registry.cpp").read_text(encoding="utf-8")
        row = re.compile(r'\{"([a-z-]+)",\s*"([^"]+)",\s*"([^"]+)",\s*reporters::render_\w+(, true)?')
        registered = {name: [file, text, bool(stored)] for name, file, text, stored in row.findall(registry)}
        self.assertGreater(len(registered), 10)
        table = (REPOSITORY / "docs/reports.md").read_text(encoding="utf-8")
        _, rows = table_behind(table, "<!-- reporters:")
        documented = {key.removesuffix(" *").strip("`"): [*cells, key.endswith("*")] for key, cells in rows.items()}
        self.assertEqual(documented, registered)


if __name__ == "__main__":
    unittest.main()
