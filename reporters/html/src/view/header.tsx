// Head of the page: the verdict, what was run and where, and links to the parts.
import type { Report } from "../data/model";
import { verdict_of } from "../data/verdict";
import { format_bytes, format_count, format_duration, format_time, plural } from "../text/format";
import { Line } from "./text";

export interface NavigationItem {
  id: string;
  title: string;
  count?: number | undefined;
  bad?: boolean;
}

function Fact({ name, children, title }: { name: string; children: preact.ComponentChildren; title?: string }) {
  return (
    <div class="fact" title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Header({ report }: { report: Report }) {
  const { run } = report;
  const verdict = verdict_of(report);
  const machine = run.machine;
  return (
    <header class="page-head">
      <p class="product">
        runharness <Line text={run.runharness_version} />
      </p>
      <div class={`verdict ${verdict.tone}`}>
        <h1>{verdict.word}</h1>
        <p><Line text={report.exit_reason} /></p>
        <span class="exit-code">exit code {report.exit_code}</span>
      </div>
      {!report.complete && (
        <p class="notice">This report was rebuilt from the event log of a run that did not finish; what is missing was not run.</p>
      )}
      <dl class="facts">
        <Fact name="Commit">
          {run.git_commit ? <Line mono text={run.git_commit.slice(0, 12)} title={run.git_commit} /> : "not a git repository"}
          {run.git_dirty && <span class="dirty" title="the work tree had uncommitted changes">+ changes</span>}
        </Fact>
        <Fact name="Preset"><Line text={run.preset || "none"} /></Fact>
        <Fact name="Duration">{format_duration(report.wall_ns)}</Fact>
        <Fact name="Started">{format_time(run.started_at)}</Fact>
        <Fact name="Machine" title={machine.cpu_model}>
          <Line text={machine.hostname || "unnamed"} />
          {`, ${plural(machine.cores, "core")}, ${format_bytes(machine.memory_bytes)}`}
        </Fact>
        <Fact name="Jobs">{format_count(run.jobs)}</Fact>
      </dl>
    </header>
  );
}

export function Navigation({ items, current }: { items: NavigationItem[]; current: string }) {
  return (
    <nav class="page-nav" aria-label="Parts of the report">
      {items.map((item) => (
        <a key={item.id} href={`#${item.id}`} aria-current={current === item.id ? "true" : undefined}>
          {item.title}
          {item.count !== undefined && <span class={item.bad ? "count bad" : "count"}>{format_count(item.count)}</span>}
        </a>
      ))}
    </nav>
  );
}
