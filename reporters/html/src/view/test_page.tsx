// One test: what happened, with output, stack and resources of each attempt, its history, and what it reaches.
import { line_count, reached_by } from "../data/reach";
import { hash_of, link_to_file, link_to_suite } from "../data/route";
import type { TestRow } from "../data/tests";
import type { Attempt, Figure } from "../data/model";
import { format_duration, plural } from "../text/format";
import { OutcomeBadge } from "./badge";
import { Command } from "./copy";
import { Drawer } from "./drawer";
import { Evidence, Message } from "./evidence";
import { Duration, FigureText, story_of } from "./figure";
import { History } from "./history";
import { Icon } from "./icon";
import { usePage, useSection, type Page } from "./page";
import { TestProfileView } from "./test_profile";
import { Line } from "./text";

function Told({ name, figure, kind }: { name: string; figure: Figure; kind: "bytes" | "duration" }) {
  return (
    <div class="stat">
      <dt>{name}</dt>
      <dd>
        <span class="stat-value"><FigureText figure={figure} kind={kind} /></span>
        <span class="story"><Line text={story_of(figure).replaceAll("\n", " \u00b7 ")} /></span>
      </dd>
    </div>
  );
}

// A time or memory figure of an attempt, as the table has it for the last one.
type Measured = Pick<Attempt, "start_ns" | "duration_ns" | "pid" | "usage"> & { duration_reason?: string | undefined };

function Resources({ of }: { of: Measured }) {
  const begin = of.start_ns;
  const end = begin === null ? null : begin + (of.duration_ns ?? 0);
  const around = begin === null || end === null ? null : hash_of({ view: "timeline", q: `at:${(begin / 1e9).toFixed(3)}s..${(end / 1e9).toFixed(3)}s` });
  return (
    <dl class="stats">
      <div class="stat">
        <dt>Duration</dt>
        <dd>
          <span class="stat-value"><Duration ns={of.duration_ns} reason={of.duration_reason} /></span>
          <span class="story">
            {begin !== null && around !== null && <a href={around}>{`began ${format_duration(begin)} into the run`}</a>}
            {of.pid > 0 && `${begin === null ? "" : " \u00b7 "}process ${of.pid}`}
            {of.duration_ns === null && <Line text={of.duration_reason || "the runner reported no duration"} />}
          </span>
        </dd>
      </div>
      <Told name="CPU" figure={of.usage.cpu_ns} kind="duration" />
      <Told name="Peak memory" figure={of.usage.peak_memory_bytes} kind="bytes" />
    </dl>
  );
}

function Rerun({ row }: { row: TestRow }) {
  return row.rerun === undefined ? null : <Command command={row.rerun} />;
}

function Attempts({ row }: { row: TestRow }) {
  const section = useSection("rh-evidence");
  const last: Measured = { start_ns: row.start_ns, duration_ns: row.duration_ns, duration_reason: row.duration_reason, pid: row.pid, usage: { cpu_ns: row.cpu, peak_memory_bytes: row.peak_memory } };
  if (!row.has_evidence || section.state !== "ready" || !section.data.items[row.index])
    return (
      <>
        <Message text={row.message} />
        <Rerun row={row} />
        <Resources of={last} />
        {section.state === "failed" && row.has_evidence && <p class="notice">{section.problem}</p>}
        {section.state === "ready" && row.has_evidence && (
          <p class="notice">Output and stack of this test were left out to keep this file small. report.json of the run directory has them.</p>
        )}
        {!row.has_evidence && <p class="muted">The test wrote nothing.</p>}
      </>
    );
  const attempts = section.data.items[row.index] ?? [];
  return (
    <>
      {[...attempts].reverse().map((attempt, i) => (
        <section class="attempt" key={attempt.number}>
          {attempts.length > 1 && <h3>{`Attempt ${attempt.number} of ${attempts.length}`} <OutcomeBadge outcome={attempt.outcome} /></h3>}
          <Message text={attempt.message} />
          {i === 0 && <Rerun row={row} />}
          <Resources of={attempt} />
          <Evidence attempt={attempt} open={i < 2 ? "all" : "none"} />
        </section>
      ))}
    </>
  );
}

const kMaxReached = 40;

function Reached({ row }: { row: TestRow }) {
  const section = useSection("rh-map");
  if (section.state !== "ready") return null;
  const { files, of } = reached_by(section.data, row);
  if (files.length === 0) return null;
  const sorted = [...files].sort((a, b) => line_count(b.lines) - line_count(a.lines));
  return (
    <>
      <h3>Reaches {plural(files.length, "file")}{of && <span class="note">{" as measured for "}<Line mono text={of} /></span>}</h3>
      <ul class="reached">
        {sorted.slice(0, kMaxReached).map(({ path, lines }) => (
          <li key={path}>
            <a href={link_to_file(path, lines[0]?.[0])}><Line mono text={path} /></a>
            <span class="muted figure">{plural(line_count(lines), "line")}</span>
          </li>
        ))}
      </ul>
      {sorted.length > kMaxReached && <p class="muted">{`${sorted.length - kMaxReached} more`}</p>}
    </>
  );
}

function Facts({ row }: { row: TestRow }) {
  return (
    <dl class="pairs">
      {row.place && <div><dt>File</dt><dd><Line mono text={row.place} /></dd></div>}
      <div><dt>Suite</dt><dd><a href={link_to_suite(row.suite.suite.id)}><Line text={row.suite.suite.id} /></a></dd></div>
      {row.classname && <div><dt>Class</dt><dd><Line text={row.classname} /></dd></div>}
      {row.parent && <div><dt>Part of</dt><dd><Line text={row.parent} /></dd></div>}
      <div><dt>Id</dt><dd><Line mono text={row.id} /></dd></div>
      {row.quarantine && (
        <div>
          <dt>Quarantine</dt>
          <dd>
            <Line text={row.quarantine.reason || "no reason is given"} />
            <span class="story"><Line text={`${row.quarantine.owner || "nobody"} owns it; ${row.quarantine.expired ? "expired on" : "holds until"} ${row.quarantine.expires}`} /></span>
          </dd>
        </div>
      )}
    </dl>
  );
}

function neighbours(page: Page, row: TestRow | undefined): { before: TestRow | undefined; after: TestRow | undefined; place: string } {
  const { rows } = page.shown;
  const at = row ? rows.findIndex((candidate) => candidate.index === row.index) : -1;
  if (at < 0) return { before: undefined, after: undefined, place: "" };
  return { before: rows[at - 1], after: rows[at + 1], place: `${at + 1} of ${rows.length}` };
}

export function TestPage({ row, id }: { row: TestRow | undefined; id: string }) {
  const page = usePage();
  const close = (): void => page.back({ test: undefined });
  if (!row)
    return (
      <Drawer close={close} title="This test is not in the report">
        <p>The address asks for <Line mono text={id} />, and no test of this run has that id.</p>
      </Drawer>
    );
  const { before, after, place } = neighbours(page, row);
  const turn_to = (other: TestRow | undefined): void => {
    if (other) page.go({ test: other.id }, "replace");
  };
  const on_key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") turn_to(after);
    else if (event.key === "k") turn_to(before);
    else return;
    event.preventDefault();
  };
  const tools = (
    <>
      {place && <span class="muted figure drawer-place">{place}</span>}
      <button type="button" class="tool" title="Previous (k)" aria-label="Previous test" disabled={!before} onClick={() => turn_to(before)}><Icon name="left" /></button>
      <button type="button" class="tool" title="Next (j)" aria-label="Next test" disabled={!after} onClick={() => turn_to(after)}><Icon name="right" /></button>
    </>
  );
  return (
    <Drawer close={close} on_key={on_key} tools={tools} title={<><OutcomeBadge outcome={row.outcome} group={row.group} /> <Line text={row.title} /></>}>
      <div key={row.index}>
        <Attempts row={row} />
        <TestProfileView row={row} />
        <h3>History</h3>
        <History row={row} />
        <Reached row={row} />
        <h3>Test</h3>
        <Facts row={row} />
      </div>
    </Drawer>
  );
}
