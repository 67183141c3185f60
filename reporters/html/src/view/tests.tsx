// The table of all tests with its filters.
import { useMemo, useState } from "preact/hooks";
import { sorted, type Order } from "../data/order";
import { link_to } from "../data/route";
import { filter_rows, kGroups, test_key, type Filter, type Filtered, type Group, type TestColumn, type TestRow } from "../data/tests";
import type { Report } from "../data/model";
import { format_count } from "../text/format";
import { inert_line } from "../text/inert";
import { kGroupTones, OutcomeBadge } from "./badge";
import { Duration, FigureLegend, FigureText } from "./figure";
import { SortHead } from "./sort_head";
import { Line } from "./text";
import { VirtualTable } from "./virtual_table";

const kGroupNames: Record<Group, string> = { failed: "failed", flaky: "flaky", passed: "passed", skipped: "skipped", expected: "expected to fail" };

interface BarProps {
  report: Report;
  filter: Filter;
  set_filter: (filter: Filter) => void;
  filtered: Filtered;
}

function FilterBar({ report, filter, set_filter, filtered }: BarProps) {
  const toggle = (group: Group): void => {
    const groups = new Set(filter.groups);
    if (!groups.delete(group)) groups.add(group);
    set_filter({ ...filter, groups });
  };
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="search">
        <span class="sr-only">Filter tests by name, file or message</span>
        <input
          type="search"
          placeholder={filter.regex ? "Filter by regular expression" : "Filter by name, file or message"}
          value={filter.text}
          spellcheck={false}
          aria-invalid={filtered.problem !== ""}
          onInput={(event) => set_filter({ ...filter, text: event.currentTarget.value })}
        />
      </label>
      <button type="button" class="chip" aria-pressed={filter.regex} title="Regular expression" onClick={() => set_filter({ ...filter, regex: !filter.regex })}>
        .*<span class="sr-only"> regular expression</span>
      </button>
      {report.suites.length > 1 && (
        <label>
          <span class="sr-only">Suite</span>
          <select value={filter.suite} onChange={(event) => set_filter({ ...filter, suite: event.currentTarget.value })}>
            <option value="">All suites</option>
            {report.suites.map(({ suite }) => <option key={suite.id} value={suite.id}>{inert_line(suite.id)}</option>)}
          </select>
        </label>
      )}
      <span class="chips" role="group" aria-label="Outcomes">
        {kGroups.map((group) => (
          <button key={group} type="button" class={`chip ${kGroupTones[group]}`} aria-pressed={filter.groups.has(group)} onClick={() => toggle(group)}>
            {kGroupNames[group]} <span class="figure">{format_count(filtered.counts[group])}</span>
          </button>
        ))}
      </span>
      <output class="found">{filtered.problem ? filtered.problem : `${format_count(filtered.rows.length)} shown`}</output>
    </form>
  );
}

function Cells({ row }: { row: TestRow }) {
  return (
    <>
      <td><OutcomeBadge outcome={row.outcome} flaky={row.group === "flaky"} /></td>
      <th scope="row" class={row.record.test.kind === "subtest" ? "name subtest" : "name"}>
        <a href={link_to("test", row.id)} title={inert_line(row.title)}><Line text={row.title} /></a>
        <span class="place"><Line text={row.place} /></span>
      </th>
      <td class="suite-cell" title={inert_line(row.suite.suite.id)}><Line text={row.suite.suite.id} /></td>
      <td class="number"><Duration ns={row.duration_ns} reason={row.duration_reason} /></td>
      <td class="number cpu-cell"><FigureText figure={row.cpu} kind="duration" /></td>
      <td class="number memory-cell"><FigureText figure={row.peak_memory} kind="bytes" /></td>
    </>
  );
}

export function Tests({ report, rows }: { report: Report; rows: readonly TestRow[] }) {
  const [filter, set_filter] = useState<Filter>({ text: "", regex: false, groups: new Set(), suite: "" });
  const [order, set_order] = useState<Order<TestColumn>>({ column: "outcome", descending: false });
  const filtered = useMemo(() => filter_rows(rows, filter), [rows, filter]);
  const shown = useMemo(() => sorted(filtered.rows, order, test_key), [filtered, order]);
  const head = { order, set_order };
  return (
    <>
      <FilterBar report={report} filter={filter} set_filter={set_filter} filtered={filtered} />
      <VirtualTable
        rows={shown}
        label="Tests"
        key_of={(row) => row.id}
        empty={rows.length === 0 ? "No test was run." : "No test matches the filter."}
        columns={
          <>
            <col class="col-outcome" />
            <col class="col-name" />
            <col class="col-suite" />
            <col class="col-number" />
            <col class="col-number cpu-cell" />
            <col class="col-number memory-cell" />
          </>
        }
        head={
          <>
            <SortHead {...head} column="outcome" label="Outcome" />
            <SortHead {...head} column="name" label="Test" />
            <SortHead {...head} column="suite" label="Suite" class="suite-cell" />
            <SortHead {...head} column="duration" label="Duration" class="number" descending_first />
            <SortHead {...head} column="cpu" label="CPU" class="number cpu-cell" descending_first />
            <SortHead {...head} column="memory" label="Memory" class="number memory-cell" descending_first />
          </>
        }
        cells={(row) => <Cells row={row} />}
      />
      <FigureLegend />
    </>
  );
}
