// One covered file: its text with the hits of each line, branches, changed lines, and the tests that reached a line.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { file_lines, listing_of, missed_ranges, with_context, type FileLines, type Hole, type LineState, type ListedLine } from "../data/coverage";
import { format_ranges } from "../data/ranges";
import { counts_by_line, reachers_of, reaches, type Reacher } from "../data/reach";
import { hash_of } from "../data/route";
import type { CoverageFile } from "../data/model";
import type { CoverageLines } from "../data/sections";
import { format_count, plural } from "../text/format";
import { inert_line } from "../text/inert";
import { Badge, OutcomeBadge } from "./badge";
import { Totals } from "./coverage";
import { Icon } from "./icon";
import { usePage, useSection } from "./page";
import { is_typing } from "./screen";
import { Line } from "./text";
import { VirtualTable } from "./virtual_table";

const kLineHeight = 20; // .listing tbody tr in coverage.css
const kContext = 4;
const kMaxReachers = 60;

type Shown = "all" | "changed" | "missed";

const kStateTexts: Record<LineState, string> = { hit: "reached", missed: "not reached", partial: "reached, but not every branch of it", none: "no code" };
const kPatchTexts = { covered: "changed and covered", partial: "changed, not every branch covered", uncovered: "changed and not covered", no_data: "changed, no code" };

function short_count(hits: number): string {
  if (hits < 10_000) return String(hits);
  return hits < 1e6 ? `${Math.floor(hits / 1e3)}k` : `${Math.floor(hits / 1e6)}M`;
}

function is_hole(row: ListedLine | Hole): row is Hole {
  return "hole" in row;
}

interface RowProps {
  row: ListedLine | Hole;
  lines: FileLines;
  tests: Map<number, number> | null;
  choose: (line: number) => void;
  show_all: () => void;
}

function BranchSign({ lines, line }: { lines: FileLines; line: number }) {
  const branches = lines.branches.get(line);
  if (!branches) return null;
  const taken = branches.filter(([, , , count]) => count).length;
  return <span class={taken < branches.length ? "branch partial" : "branch"} title={`${taken} of ${plural(branches.length, "branch", "branches")} taken`}>{`${taken}/${branches.length}`}</span>;
}

function Row({ row, lines, tests, choose, show_all }: RowProps) {
  if (is_hole(row))
    return (
      <td colSpan={6} class="hole">
        <button type="button" class="link" onClick={show_all}>{`lines ${row.from}\u2013${row.to}`}</button>
      </td>
    );
  const { line, text, state } = row;
  const hits = lines.hits.get(line);
  const patch = lines.patch.get(line);
  const count = hits === undefined ? undefined : tests?.get(line); // ranges of a test bridge lines that are no code
  return (
    <>
      <td class="patch-sign" title={patch ? kPatchTexts[patch] : undefined}>{patch ? "+" : ""}</td>
      <td class="number line-number">
        <button type="button" tabIndex={-1} aria-label={`Line ${line}, ${kStateTexts[state]}`} onClick={() => choose(line)}>{line}</button>
      </td>
      <td class="number hits" title={hits === undefined ? undefined : plural(hits, "hit")}>{hits === undefined ? "" : hits === 0 ? "\u2715 0" : `${short_count(hits)}\u00d7`}</td>
      <td class="branches"><BranchSign lines={lines} line={line} /></td>
      {tests ? <td class="number reach" title={count ? `reached by ${plural(count, "test")}` : undefined}>{count ?? ""}</td> : <td class="reach none" />}
      <td class="code">{text === null ? "" : inert_line(text.replaceAll("\t", "    "))}</td>
    </>
  );
}

function ReacherLine({ reacher }: { reacher: Reacher }) {
  const { row, name, suite } = reacher;
  return (
    <li>
      {row ? <><OutcomeBadge outcome={row.outcome} group={row.group} /> <a href={hash_of({ view: "tests", test: row.id })}><Line text={name} /></a></> : <Line mono text={name} />}
      <span class="muted top-suite"><Line text={suite} /></span>
    </li>
  );
}

interface PanelProps {
  line: number;
  lines: FileLines;
  reachers: Reacher[] | null; // null: not measured, and `reason` says why
  reason: string;
  granularity: string;
  close: () => void;
}

function LinePanel({ line, lines, reachers, reason, granularity, close }: PanelProps) {
  const branches = lines.branches.get(line) ?? [];
  const hits = lines.hits.get(line);
  const patch = lines.patch.get(line);
  const of_line = reachers?.filter((reacher) => reaches(reacher.lines, line)) ?? null;
  return (
    <aside class="line-panel" aria-label={`Line ${line}`}>
      <header>
        <h3>{`Line ${line}`}</h3>
        <span class="muted">{[hits === undefined ? "no code" : plural(hits, "hit"), patch && kPatchTexts[patch]].filter(Boolean).join(" \u00b7 ")}</span>
        <button type="button" class="tool" aria-label="Close" onClick={close}><Icon name="close" /></button>
      </header>
      {branches.length > 0 && (
        <ul class="branch-list">
          {branches.map(([, block, branch, taken], i) => (
            <li key={i}>
              <Badge tone={taken ? "good" : "bad"}>{taken ? `${format_count(taken)}\u00d7` : taken === null ? "never evaluated" : "never taken"}</Badge>
              <span>branch <Line mono text={branch} />{block > 0 && <span class="muted">{` of block ${block}`}</span>}</span>
            </li>
          ))}
        </ul>
      )}
      {of_line === null ? <p class="muted">Which tests reach which lines was not measured{reason && <>: <Line text={reason} /></>}.</p>
        : of_line.length === 0 ? <p class="muted">{hits ? "No test reached this line: it ran while files were loaded, or in a process that is not followed." : "No test reached this line."}</p>
        : (
          <>
            <h4>{`Reached by ${plural(of_line.length, granularity || "test")}`}</h4>
            <ul class="reachers">{of_line.slice(0, kMaxReachers).map((reacher, i) => <ReacherLine key={i} reacher={reacher} />)}</ul>
            {of_line.length > kMaxReachers && <p class="muted">{`${format_count(of_line.length - kMaxReachers)} more`}</p>}
          </>
        )}
    </aside>
  );
}

function Functions({ data }: { data: CoverageLines }) {
  const { go } = usePage();
  const functions = data.functions ?? [];
  if (functions.length === 0) return null;
  const missed = functions.filter(([, , hits]) => hits === 0).length;
  return (
    <details class="functions">
      <summary>{`${plural(functions.length, "function")}, ${missed === 0 ? "all reached" : `${format_count(missed)} never`}`}</summary>
      <table class="plain">
        <tbody>
          {[...functions].sort((a, b) => Number(a[2] > 0) - Number(b[2] > 0) || a[1] - b[1]).map(([name, line, hits], i) => (
            <tr key={i}>
              <td class="number"><button type="button" class="link figure" onClick={() => go({ line: String(line) }, "replace")}>{line}</button></td>
              <td><Line mono text={name} /></td>
              <td class={hits === 0 ? "number figure bad-text" : "number figure"}>{hits === 0 ? "\u2715 never called" : `${format_count(hits)}\u00d7`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

// n and p go from one missed stretch to the next.
function useMissedKeys(missed: readonly { from: number }[], line: number | undefined, turn_to: (line: number) => void): { next: () => void; before: () => void } {
  const next = (): void => {
    const range = missed.find(({ from }) => from > (line ?? 0)) ?? missed[0];
    if (range) turn_to(range.from);
  };
  const before = (): void => {
    const range = missed.filter(({ from }) => from < (line ?? Infinity)).at(-1) ?? missed.at(-1);
    if (range) turn_to(range.from);
  };
  const keys = useRef({ next, before });
  keys.current = { next, before };
  useEffect(() => {
    const on_key = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || is_typing(event.target) || document.querySelector("dialog[open]")) return;
      if (event.key === "n") keys.current.next();
      else if (event.key === "p") keys.current.before();
    };
    addEventListener("keydown", on_key);
    return () => removeEventListener("keydown", on_key);
  }, []);
  return { next, before };
}

function Path({ path }: { path: string }) {
  const slash = path.lastIndexOf("/") + 1;
  return (
    <h1 class="view-title file-title">
      <a href={hash_of({ view: "coverage" })}>Coverage</a>
      <Icon name="right" />
      <Line mono text={path.slice(0, slash)} /><Line mono text={path.slice(slash)} />
    </h1>
  );
}

function source_problem(source: string | undefined, reason: string | undefined, left_out: number): string {
  if (source !== undefined) return "";
  if (reason) return `The text of this file is not shown: ${inert_line(reason)}.`;
  if (left_out > 0) return "The text of this file was left out to keep this report small; files with changed and with missed lines come first.";
  return "The text of this file is not in the report.";
}

function Listing({ file, data, patch_runs, lines_left_out }: { file: CoverageFile; data: CoverageLines | undefined; patch_runs: number[] | undefined; lines_left_out: boolean }) {
  const { route, go, report, table } = usePage();
  const sources = useSection("rh-sources");
  const map = useSection("rh-map");
  const [wanted, set_shown] = useState<Shown>("all");
  const lines = useMemo(() => file_lines(data, patch_runs), [data, patch_runs]);
  const source = sources.state === "ready" ? sources.data.files[file.path] : undefined;
  const listing = useMemo(() => listing_of(lines, source), [lines, source]);
  const reachers = useMemo(() => (map.state === "ready" && map.data.suites.length > 0 ? reachers_of(map.data, table, file.path) : null), [map.state]);
  const tests = useMemo(() => (reachers && reachers.length > 0 ? counts_by_line(reachers) : null), [reachers]);
  const missed = useMemo(() => missed_ranges(lines), [lines]);
  const rows = useMemo((): (ListedLine | Hole)[] => {
    if (wanted === "all") return listing;
    const keep = wanted === "changed" ? (row: ListedLine) => lines.patch.has(row.line) : (row: ListedLine) => row.state === "missed" || row.state === "partial";
    return with_context(listing, keep, kContext);
  }, [listing, wanted]);
  const chosen = route.line === undefined ? undefined : Number(route.line);
  const choose = (line: number | undefined): void => go({ line: line === undefined ? undefined : String(line) }, "replace");
  const { next, before } = useMissedKeys(missed, chosen, choose);
  const problem = sources.state === "reading" ? "" : source_problem(source, sources.state === "ready" ? sources.data.reasons[file.path] : undefined, sources.state === "ready" ? sources.data.left_out : 0);
  const granularity = report.suites.find((suite) => reachers?.some((reacher) => reacher.suite === suite.suite.id))?.test_map.granularity ?? "";
  const follow = chosen === undefined ? -1 : rows.findIndex((row) => (is_hole(row) ? row.from <= chosen && chosen <= row.to : row.line === chosen));
  return (
    <>
      <Totals totals={file.totals} />
      {lines_left_out && <p class="notice">The lines of this file were left out to keep this report small. report.json and lcov.info of the run directory have them.</p>}
      {problem && <p class="notice">{problem}</p>}
      <div class="file-tools">
        <span class="chips" role="group" aria-label="Lines">
          <button type="button" class="chip" aria-pressed={wanted === "all"} onClick={() => set_shown("all")}>All lines</button>
          {lines.patch.size > 0 && <button type="button" class="chip" aria-pressed={wanted === "changed"} onClick={() => set_shown("changed")}>Changed <span class="figure">{format_count(lines.patch.size)}</span></button>}
          <button type="button" class="chip" aria-pressed={wanted === "missed"} onClick={() => set_shown("missed")}>Missed</button>
        </span>
        <button type="button" class="button small" disabled={missed.length === 0} title="Previous missed line (p)" onClick={before}>Previous missed</button>
        <button type="button" class="button small" disabled={missed.length === 0} title="Next missed line (n)" onClick={next}>Next missed</button>
        <span class="muted missed-lines">{missed.length === 0 ? "no line is missed" : <>missed <span class="figure">{format_ranges(missed)}</span></>}</span>
      </div>
      {data && <Functions data={data} />}
      <div class={chosen === undefined ? "file-body" : "file-body with-panel"}>
        <VirtualTable
          rows={rows}
          label={`Lines of ${file.path}`}
          class={lines.branches.size > 0 ? "listing" : "listing no-branches"}
          row_height={kLineHeight}
          follow={follow}
          max_printed={2000}
          key_of={(row) => (is_hole(row) ? `hole ${row.from}` : row.line)}
          class_of={(row) => (is_hole(row) ? "" : `${row.state}${lines.patch.has(row.line) ? " changed" : ""}${row.line === chosen ? " chosen" : ""}`)}
          empty={wanted === "all" ? "Nothing is known of the lines of this file." : "There is no such line."}
          head={
            <>
              <th scope="col" class="patch-sign"><span class="sr-only">Changed</span></th>
              <th scope="col" class="number">Line</th>
              <th scope="col" class="number">Hits</th>
              <th scope="col" class="branches">{lines.branches.size > 0 && "Branches"}</th>
              {tests ? <th scope="col" class="number">Tests</th> : <th class="reach none" />}
              <th scope="col" class="code">Source</th>
            </>
          }
          cells={(row) => <Row row={row} lines={lines} tests={tests} choose={(line) => choose(line === chosen ? undefined : line)} show_all={() => set_shown("all")} />}
        />
        {chosen !== undefined && <LinePanel line={chosen} lines={lines} reachers={reachers} reason={report.suites.find((suite) => suite.test_map.reason)?.test_map.reason ?? ""} granularity={granularity} close={() => choose(undefined)} />}
      </div>
    </>
  );
}

export function FileView({ path, file }: { path: string; file: CoverageFile | undefined }) {
  const section = useSection("rh-coverage");
  if (!file)
    return (
      <>
        <Path path={path} />
        <p class="empty">No coverage of this file is in the report.</p>
      </>
    );
  if (section.state !== "ready")
    return (
      <>
        <Path path={path} />
        <p class="empty">{section.state === "failed" ? section.problem : "Reading the lines\u2026"}</p>
      </>
    );
  const data = section.data.files[path];
  return (
    <div class="fill">
      <Path path={path} />
      <Listing file={file} data={data} patch_runs={section.data.patch[path]} lines_left_out={data === undefined && section.data.left_out > 0} />
    </div>
  );
}
