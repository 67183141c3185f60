"""Writes what the contexts of a data file of coverage.py say as lines that each test reached (docs/test-selection.md):
rh_pytest_lines.py DATA NOTES OUT. The tables are those of coverage.py 5 and later.
"""
import os
import sqlite3
import sys


def escape(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def test_of(context):
    """"" for what ran outside of any test. A static context of the project stands before ours."""
    if context.startswith("rh:"):
        return context[3:]
    _, found, test = context.partition("|rh:")
    return test if found else ""


_BITS = [[bit for bit in range(8) if byte >> bit & 1] for byte in range(256)]


def numbers_of(blob):
    return [index * 8 + bit for index, byte in enumerate(blob) for bit in _BITS[byte]]


def ranges_of(numbers):
    ranges = []
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None:
            ranges.append((first, last))
        first = last = number
    if first is not None:
        ranges.append((first, last))
    return ",".join(str(first) if first == last else "%d-%d" % (first, last) for first, last in ranges)


def lines_by_test(database, tests, file_id):
    """Of one file: test -> sorted lines."""
    found = {}
    for context, blob in database.execute("select context_id, numbits from line_bits where file_id = ?", (file_id,)):
        found.setdefault(tests.get(context, ""), set()).update(numbers_of(blob))
    for context, start, end in database.execute("select context_id, fromno, tono from arc where file_id = ?", (file_id,)):
        found.setdefault(tests.get(context, ""), set()).update(line for line in (start, end) if line > 0)
    return sorted((test, sorted(line for line in lines if line > 0)) for test, lines in found.items())


def main():
    data, notes, out = sys.argv[1:4]
    database = sqlite3.connect(data) if os.path.exists(data) else None
    with open(out, "w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write("rh-test-lines 1\n")
        finished = False  # pytest came to the end of its session
        if os.path.exists(notes):
            with open(notes, encoding="utf-8", errors="replace", newline="\n") as noted:
                for line in noted:
                    finished = finished or line.startswith("r\t")
                    if database is not None or not line.startswith("r\t"):
                        file.write(line)
        if database is None:
            file.write("p\tcoverage.py left no data: the process that measures died or never ran\n")
            return
        tests = {key: test_of(context) for key, context in database.execute("select id, context from context")}
        if not finished and not any(tests.values()):
            file.write("p\tcoverage.py recorded no contexts of tests\n")
        for file_id, path in database.execute("select id, path from file order by path"):
            reached = lines_by_test(database, tests, file_id)
            if not reached:
                continue
            file.write("f\t%s\n" % escape(path))
            for test, lines in reached:
                file.write("t\t%s\t%s\n" % (ranges_of(lines), escape(test)))


if __name__ == "__main__":
    main()
