// Coverage of the run or of one suite: totals and the table of files.
import { useMemo, useState } from "preact/hooks";
import { coverage_key, row_of, total_of_basis, type CoverageColumn, type CoverageRow } from "../data/coverage";
import { sorted, type Order } from "../data/order";
import { link_to } from "../data/route";
import type { CoverageReport, Report } from "../data/model";
import { format_count, kDash, plural } from "../text/format";
import { inert_line } from "../text/inert";
import { PercentBar, RatioText } from "./bar";
import { SortHead } from "./sort_head";
import { Line } from "./text";
import { VirtualTable } from "./virtual_table";

function Totals({ coverage }: { coverage: CoverageReport }) {
  const { totals } = coverage;
  return (
    <dl class="totals">
      {(["lines", "branches", "functions", "statements"] as const).map(
        (name) => totals[name] && (
          <div key={name}>
            <dt>{name}{coverage.basis.split("+").includes(name) && <span class="basis">basis</span>}</dt>
            <dd><PercentBar ratio={totals[name]} /> <RatioText ratio={totals[name]} /></dd>
          </div>
        ),
      )}
    </dl>
  );
}

function Cells({ row }: { row: CoverageRow }) {
  return (
    <>
      <th scope="row" class="name">
        <a href={link_to("coverage", row.path)} title={inert_line(row.path)}><Line text={row.path} /></a>
      </th>
      <td><PercentBar ratio={row.basis} /></td>
      <td class="number"><span class={row.missed ? "figure" : "figure zero"}>{row.missed === null ? kDash : format_count(row.missed)}</span></td>
      <td class="number wide-cell"><RatioText ratio={row.lines} /></td>
      <td class="number wide-cell"><RatioText ratio={row.branches} /></td>
      <td class="number wide-cell"><RatioText ratio={row.statements} /></td>
    </>
  );
}

function Files({ coverage }: { coverage: CoverageReport }) {
  const [text, set_text] = useState("");
  const [order, set_order] = useState<Order<CoverageColumn>>({ column: "missed", descending: true });
  const rows = useMemo(() => coverage.files.map((file) => row_of(file, coverage.basis)), [coverage]);
  const wanted = text.toLowerCase();
  const found = useMemo(() => rows.filter((row) => row.path.toLowerCase().includes(wanted)), [rows, wanted]);
  const shown = useMemo(() => sorted(found, order, coverage_key), [found, order]);
  const head = { order, set_order };
  return (
    <>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="search">
          <span class="sr-only">Filter files by path</span>
          <input type="search" placeholder="Filter files" value={text} spellcheck={false} onInput={(event) => set_text(event.currentTarget.value)} />
        </label>
        <output class="found">{`${format_count(shown.length)} of ${plural(rows.length, "file")}`}</output>
      </form>
      <VirtualTable
        rows={shown}
        label="Covered files"
        key_of={(row) => row.path}
        empty="No file matches the filter."
        columns={
          <>
            <col class="col-name" />
            <col class="col-percent" />
            <col class="col-number" />
            <col class="col-number wide-cell" />
            <col class="col-number wide-cell" />
            <col class="col-number wide-cell" />
          </>
        }
        head={
          <>
            <SortHead {...head} column="path" label="File" />
            <SortHead {...head} column="percent" label="Covered" />
            <SortHead {...head} column="missed" label="Missed" class="number" descending_first />
            <SortHead {...head} column="lines" label="Lines" class="number wide-cell" />
            <SortHead {...head} column="branches" label="Branches" class="number wide-cell" />
            <SortHead {...head} column="statements" label="Statements" class="number wide-cell" />
          </>
        }
        cells={(row) => <Cells row={row} />}
      />
    </>
  );
}

export function Coverage({ report }: { report: Report }) {
  const [suite, set_suite] = useState("");
  const of_suites = report.suites.filter((candidate) => candidate.coverage.files.length > 0);
  const coverage = of_suites.find((candidate) => candidate.suite.id === suite)?.coverage ?? report.coverage;
  if (!total_of_basis(coverage) && coverage.files.length === 0)
    return <p class="empty"><Line text={coverage.reason || "No coverage was collected."} /></p>;
  return (
    <>
      {of_suites.length > 1 && (
        <label class="of-suite">
          Of{" "}
          <select value={suite} onChange={(event) => set_suite(event.currentTarget.value)}>
            <option value="">the whole run</option>
            {of_suites.map((candidate) => <option key={candidate.suite.id} value={candidate.suite.id}>{inert_line(candidate.suite.id)}</option>)}
          </select>
        </label>
      )}
      <Totals coverage={coverage} />
      {coverage.unresolved.length > 0 && (
        <details class="unresolved">
          <summary>{plural(coverage.unresolved.length, "path")} in the coverage data that no file of the repository matches</summary>
          <ul>{coverage.unresolved.map((path) => <li key={path}><Line mono text={path} /></li>)}</ul>
        </details>
      )}
      <Files coverage={coverage} />
    </>
  );
}
