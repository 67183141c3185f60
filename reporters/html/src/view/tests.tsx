// The table of all tests with its filter, sorting and groups.
import { useMemo, useState } from "preact/hooks";
import type { Order } from "../data/order";
import { hash_of } from "../data/route";
import { group_failures } from "../data/similar";
import type { TestColumn, TestRow } from "../data/tests";
import { format_count, format_duration, kDash } from "../text/format";
import { inert_line } from "../text/inert";
import { OutcomeBadge } from "./badge";
import { Duration, FigureLegend, FigureText } from "./figure";
import { FilterBar, order_of, useFiltered, type Filtered } from "./filter_bar";
import { Icon } from "./icon";
import { usePage } from "./page";
import { SortHead } from "./sort_head";
import { Line } from "./text";
import { VirtualTable } from "./virtual_table";

interface Head {
  head: string; // key of the group
  title: string;
  rows: readonly TestRow[];
  open: boolean;
}
type TableRow = TestRow | Head;

function is_head(row: TableRow): row is Head {
  return "head" in row;
}

function groups_of(rows: readonly TestRow[], grouping: string): { key: string; title: string; rows: TestRow[] }[] {
  if (grouping === "failure")
    return group_failures(rows.filter((row) => row.group === "failed" || row.group === "quarantined")).map((group) => ({ key: group.shape, ...group }));
  const groups = new Map<string, TestRow[]>();
  for (const row of rows) {
    const key = grouping === "file" ? row.file || "no file" : row.suite.suite.id;
    const known = groups.get(key);
    if (known) known.push(row);
    else groups.set(key, [row]);
  }
  return [...groups].map(([key, of_group]) => ({ key, title: key, rows: of_group }));
}

const kOpenRows = 400; // groups are open from the start when they hold no more together

function useGrouped(rows: readonly TestRow[], grouping: string): { table_rows: TableRow[]; toggle: (key: string) => void } {
  const [toggled, set_toggled] = useState<ReadonlySet<string>>(new Set());
  const groups = useMemo(() => (grouping === "none" ? null : groups_of(rows, grouping)), [rows, grouping]);
  const table_rows = useMemo((): TableRow[] => {
    if (!groups) return rows as TestRow[];
    const open_first = groups.reduce((count, group) => count + group.rows.length, 0) <= kOpenRows;
    return groups.flatMap(({ key, title, rows: of_group }): TableRow[] => {
      const open = open_first !== toggled.has(key);
      return [{ head: key, title, rows: of_group, open }, ...(open ? of_group : [])];
    });
  }, [groups, rows, toggled]);
  const toggle = (key: string): void =>
    set_toggled((now) => {
      const next = new Set(now);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  return { table_rows, toggle };
}

function GroupCells({ head, toggle }: { head: Head; toggle: () => void }) {
  const failed = head.rows.filter((row) => row.group === "failed").length;
  const time = head.rows.reduce((sum, row) => sum + (row.duration_ns ?? 0), 0);
  return (
    <th scope="rowgroup" colSpan={6} class="group-head">
      <button type="button" class="disclose" aria-expanded={head.open} onClick={toggle}>
        <Icon name="right" />
        <span class={failed > 0 ? "count bad" : "count"}>{format_count(head.rows.length)}</span>
        <Line text={head.title} />
      </button>
      <span class="group-facts">{format_duration(time)}</span>
    </th>
  );
}

// The message of a failure stands in its row, unless it is the title of the group.
function Cells({ row, place, messages }: { row: TestRow; place: string; messages: boolean }) {
  return (
    <>
      <td><OutcomeBadge outcome={row.outcome} group={row.group} /></td>
      <th scope="row" class={row.is_subtest ? "name subtest" : "name"}>
        <a href={place} title={inert_line(row.title)}><Line text={row.title} /></a>
        {row.attempts > 1 && <span class="retries" title={`${row.attempts} attempts`}>{`\u00d7${row.attempts}`}</span>}
        {messages && row.message && (row.group === "failed" || row.group === "quarantined") ? <span class="row-message"><Line text={row.message} /></span> : <span class="place"><Line text={row.place} /></span>}
      </th>
      <td class="suite-cell" title={inert_line(row.suite.suite.id)}><Line text={row.suite.suite.id} /></td>
      <td class="number"><Duration ns={row.duration_ns} reason={row.duration_reason} /></td>
      <td class="number cpu-cell"><FigureText figure={row.cpu} kind="duration" /></td>
      <td class="number memory-cell"><FigureText figure={row.peak_memory} kind="bytes" /></td>
    </>
  );
}

function Empty() {
  const { table, route, go } = usePage();
  if (table.rows.length === 0) return <p>No test was run.</p>;
  if (route.group === "failure") return <p>No failed test is among those that the filter keeps: there is nothing to group.</p>;
  return (
    <p>
      No test matches the filter. <button type="button" class="link" onClick={() => go({ q: undefined }, "replace")}>Remove the filter</button>
    </p>
  );
}

export function TestsTable({ filtered }: { filtered: Filtered }) {
  const page = usePage();
  const { route, go } = page;
  const order = order_of(route.sort);
  const { table_rows, toggle } = useGrouped(filtered.rows, route.group ?? "none");
  page.shown.rows = useMemo(() => table_rows.filter((row): row is TestRow => !is_head(row)), [table_rows]);
  const set_order = ({ column, descending }: Order<TestColumn>): void =>
    go({ sort: column === "outcome" && !descending ? undefined : `${descending ? "-" : ""}${column}` }, "replace");
  const head = { order, set_order };
  return (
    <VirtualTable
      rows={table_rows}
      label="Tests"
      class="tests-table"
      place={`tests ${route.q ?? ""}`}
      key_of={(row) => (is_head(row) ? `head ${row.head}` : row.index)}
      class_of={(row) => (is_head(row) ? "group-row" : `row-${row.group}`)}
      empty={<Empty />}
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
      cells={(row) => (is_head(row) ? <GroupCells head={row} toggle={() => toggle(row.head)} /> : <Cells row={row} place={hash_of({ ...route, test: row.id })} messages={route.group !== "failure"} />)}
    />
  );
}

// What the shown tests took together.
function Totals({ rows }: { rows: readonly TestRow[] }) {
  const wall = rows.reduce((sum, row) => sum + (row.duration_ns ?? 0), 0);
  const cpu = rows.reduce((sum, row) => sum + (row.cpu_ns ?? 0), 0);
  const peak = rows.reduce((most, row) => Math.max(most, row.memory_bytes ?? 0), 0);
  return (
    <p class="legend totals-line">
      <span><b>{wall > 0 ? format_duration(wall) : kDash}</b> wall time and <b>{cpu > 0 ? format_duration(cpu) : kDash}</b> CPU of the tests shown</span>
      <FigureLegend memory={peak > 0} />
    </p>
  );
}

export function Tests() {
  const filtered = useFiltered();
  const { report } = usePage();
  return (
    <div class="fill">
      <h1 class="sr-only">Tests</h1>
      <FilterBar filtered={filtered} />
      <TestsTable filtered={filtered} />
      <Totals rows={filtered.rows} />
      {report.counts.subtests > 0 && <p class="sr-only">{`and ${report.counts.subtests} subtests`}</p>}
    </div>
  );
}
