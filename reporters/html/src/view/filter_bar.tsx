// The filter of the tests as text, with buttons that write the usual terms into it.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { parse_query, toggle_value, values_of, with_values, type Problem, type Query } from "../data/query";
import { sorted, type Order } from "../data/order";
import { count_groups, kGroups, kTestColumns, test_key, type Group, type TestColumn, type TestRow } from "../data/tests";
import { format_count } from "../text/format";
import { inert_line } from "../text/inert";
import { kGroupTones } from "./badge";
import { usePage } from "./page";

const kGroupNames: Record<Group, string> = { failed: "failed", quarantined: "quarantined", flaky: "flaky", passed: "passed", skipped: "skipped", expected: "expected" };

export interface Filtered {
  rows: TestRow[];
  counts: Record<Group, number>; // of what everything but the status leaves
  problems: Problem[];
}

export function order_of(sort: string | undefined): Order<TestColumn> {
  const descending = sort?.startsWith("-") ?? false;
  const column = kTestColumns.find((name) => name === sort?.replace(/^-/, ""));
  return { column: column ?? "outcome", descending };
}

// Rows that the query leaves, in the order of the table, and how many of each status there are whatever status it asks for.
function apply(rows: readonly TestRow[], text: string, query: Query): Pick<Filtered, "rows" | "counts"> {
  const rest = with_values(text, "status", []);
  const without_status = rest === text.trim() ? query : parse_query(rest);
  const kept: TestRow[] = [];
  const counts = count_groups([]);
  for (const row of rows) {
    if (!without_status.matches(row)) continue;
    counts[row.group]++;
    if (without_status === query || query.matches(row)) kept.push(row);
  }
  return { rows: kept, counts };
}

// A query that cannot be read leaves what the last one that could be read had found. All rows are sorted once and then
// only filtered: a key in the filter must not sort fifty thousand rows again.
export function useFiltered(): Filtered {
  const { route, table } = usePage();
  const text = route.q ?? "";
  const order = order_of(route.sort);
  const in_order = useMemo(() => sorted(table.rows, order, test_key), [table, order.column, order.descending]);
  const good = useRef<{ text: string; query: Query }>({ text: "", query: parse_query("") });
  return useMemo(() => {
    const query = parse_query(text);
    if (query.problems.length === 0) good.current = { text, query };
    return { ...apply(in_order, good.current.text, good.current.query), problems: query.problems };
  }, [text, in_order]);
}

function Problems({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) return null;
  return (
    <p class="filter-problem" id="filter-problem" role="alert">
      {problems.map(({ term, message }, i) => (
        <span key={i}><code>{inert_line(term)}</code>{` ${inert_line(message)}. `}</span>
      ))}
      <span class="muted">The table shows what the filter found before.</span>
    </p>
  );
}

function StatusChips({ counts }: { counts: Record<Group, number> }) {
  const { route, go } = usePage();
  const pressed = values_of(route.q ?? "", "status");
  return (
    <span class="chips" role="group" aria-label="Status">
      {kGroups.filter((group) => counts[group] > 0 || pressed.includes(group) || group === "failed" || group === "passed").map((group) => (
        <button
          key={group}
          type="button"
          class={`chip ${kGroupTones[group]}`}
          aria-pressed={pressed.includes(group)}
          onClick={() => go({ q: toggle_value(route.q ?? "", "status", group) || undefined }, "replace")}
        >
          <span class="dot" aria-hidden="true" />{kGroupNames[group]} <span class="figure">{format_count(counts[group])}</span>
        </button>
      ))}
    </span>
  );
}

function SuiteChoice() {
  const { report, route, go } = usePage();
  if (report.suites.length < 2) return null;
  const [suite = ""] = values_of(route.q ?? "", "suite");
  const known = report.suites.some((candidate) => candidate.suite.id === suite);
  return (
    <label>
      <span class="sr-only">Suite</span>
      <select value={suite} onChange={(event) => go({ q: with_values(route.q ?? "", "suite", event.currentTarget.value ? [event.currentTarget.value] : []) || undefined }, "replace")}>
        <option value="">All suites</option>
        {suite !== "" && !known && <option value={suite}>{inert_line(suite)}</option>}
        {report.suites.map(({ suite: { id } }) => <option key={id} value={id}>{inert_line(id)}</option>)}
      </select>
    </label>
  );
}

const kGroupings = ["none", "failure", "file", "suite"] as const;
const kGroupingNames: Record<(typeof kGroupings)[number], string> = { none: "not grouped", failure: "by failure", file: "by file", suite: "by suite" };

function Grouping() {
  const { route, go } = usePage();
  return (
    <label>
      <span class="sr-only">Group</span>
      <select value={route.group ?? "none"} onChange={(event) => go({ group: event.currentTarget.value === "none" ? undefined : event.currentTarget.value }, "replace")}>
        {kGroupings.map((name) => <option key={name} value={name}>{kGroupingNames[name]}</option>)}
      </select>
    </label>
  );
}

export function FilterBar({ filtered }: { filtered: Filtered }) {
  const { route, go, table } = usePage();
  const bad = filtered.problems.length > 0;
  // The texts that words are looked for in are made before the first key is pressed.
  useEffect(() => {
    const timer = setTimeout(() => table.rows.forEach((row) => row.haystack), 300);
    return () => clearTimeout(timer);
  }, [table]);
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="search">
        <span class="sr-only">Filter tests</span>
        <input
          type="search"
          placeholder={"Filter by words or terms: status:failed suite:api slow:>1s mem:>200MB \u2026 (? for help)"}
          value={route.q ?? ""}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={bad}
          aria-describedby={bad ? "filter-problem" : undefined}
          onInput={(event) => go({ q: event.currentTarget.value || undefined }, "replace")}
          onKeyDown={(event) => {
            if (event.key !== "ArrowDown" && event.key !== "Enter") return;
            document.querySelector<HTMLElement>("main .virtual tr[data-index] :is(a, button)")?.focus();
            event.preventDefault();
          }}
        />
      </label>
      <output class="found">{`${format_count(filtered.rows.length)} of ${format_count(table.rows.length)}`}</output>
      <Problems problems={filtered.problems} />
      <div class="filter-row">
        <StatusChips counts={filtered.counts} />
        <SuiteChoice />
        <Grouping />
      </div>
    </form>
  );
}
