// The first view: what ran, how long, on how much CPU and memory, where most of it went, and how far to trust that.
import { useMemo } from "preact/hooks";
import { format_argv, format_bytes, format_count, format_duration, format_time, is_instant, kDash, plural, signal_name } from "../../text/format";
import { inert_line } from "../../text/inert";
import { Diagnostics } from "../../view/diagnostics";
import { FigureText } from "../../view/figure";
import { Section } from "../../view/section";
import type { FunctionRow } from "../data/functions";
import type { LineRow } from "../data/lines";
import type { Hint, Process, SampleQuality } from "../data/model";
import { is_time } from "../data/pick";
import { FunctionLink, PlaceLink } from "./frame";
import { Share } from "./functions";
import { Nothing } from "./flame";
import { command_text, format_share, format_weight, frame_label, frame_place, kMeasureNames, link, source_path, thread_name, useProfile, useSources } from "./page";
import { clock_text } from "./time_axis";

const kTop = 10;

export function ending_of(status: { exit_code: number | null; signal: number | null; core_dumped: boolean }): { text: string; tone: "good" | "bad" | "warn" } {
  if (status.signal !== null) return { text: `ended by ${signal_name(status.signal)}${status.core_dumped ? ", core dumped" : ""}`, tone: "bad" };
  if (status.exit_code === null) return { text: "its end is not known", tone: "warn" };
  return { text: `exit code ${status.exit_code}`, tone: status.exit_code === 0 ? "good" : "bad" };
}

function Card({ title, value, href, children }: { title: string; value: preact.ComponentChildren; href?: string; children: preact.ComponentChildren }) {
  return (
    <div class="card">
      <h3>{href ? <a href={href}>{title}</a> : title}</h3>
      <p class="value">{value}</p>
      <div class="under">{children}</div>
    </div>
  );
}

function Cards() {
  const { profile, route } = useProfile();
  const { overview } = profile;
  const { cpu, memory, quality, kept } = overview;
  const cores = cpu.value !== null && overview.duration_ns > 0 ? cpu.value / overview.duration_ns : null;
  const profiled = overview.processes.filter(({ profiler }) => profiler !== "").length;
  return (
    <div class="cards profile-cards" role="group" aria-label="Figures">
      <Card title="Wall time" value={format_duration(overview.duration_ns)} href={link(route, { view: "timeline" })}>{is_instant(overview.started_at) ? format_time(overview.started_at) : "its start is not known"}</Card>
      <Card title="CPU time" value={<FigureText figure={cpu} kind="duration" />}>
        {cores === null ? inert_line(cpu.reason) || "not known" : `${cores.toFixed(2)} cores of ${overview.machine.cores || kDash} on average`}
      </Card>
      <Card title="Peak memory" value={<FigureText figure={memory.bytes} kind="bytes" />} href={link(route, { view: "timeline" })}>
        {memory.bytes.value === null ? inert_line(memory.bytes.reason) || "not known" : <>at <span class="figure">{clock_text(memory.time_ns)}</span> {memory.bytes.source && <bdi>{`(${inert_line(memory.bytes.source)})`}</bdi>}</>}
      </Card>
      <Card title="Samples" value={format_count(kept.samples)}>
        {`${format_count(overview.rate_hz)} Hz asked for`}
        {quality.rejected_share !== null && <p>{`${format_share(quality.rejected_share)} rejected \u00b7 ${format_share(quality.late_share ?? 0)} late`}</p>}
      </Card>
      <Card title="Processes" value={format_count(overview.processes.length)} href="#processes">{`${plural(profiled, "process", "processes")} profiled \u00b7 ${plural(profile.threads.length, "thread")}`}</Card>
    </div>
  );
}

function QualityLine({ quality }: { quality: SampleQuality }) {
  const parts: [string, number][] = [["taken", quality.taken], ["rejected", quality.rejected], ["idle", quality.idle], ["late", quality.late]];
  const sum = parts.reduce((total, [, count]) => total + count, 0);
  return (
    <>
      <p class="quality-line figure">
        {parts.map(([name, count], i) => <span key={name}>{i > 0 && " + "}<b>{format_count(count)}</b> {name}</span>)}
        {sum === quality.expected ? " = " : " \u2260 "}<b>{format_count(quality.expected)}</b> expected
      </p>
      <div class="mix" aria-hidden="true">
        {parts.map(([name, count]) => count > 0 && <span key={name} class={{ taken: "good", rejected: "bad", idle: "", late: "warn" }[name]} style={{ flexGrow: count }} />)}
      </div>
      {(quality.retries > 0 || quality.lost > 0) && <p class="muted">{[quality.retries > 0 && `${format_count(quality.retries)} reads were repeated`, quality.lost > 0 && `${format_count(quality.lost)} records were lost`].filter(Boolean).join(" \u00b7 ")}</p>}
    </>
  );
}

function TopFunctions() {
  const { picked, route } = useProfile();
  const rows = useMemo(() => [...picked.functions].sort((a, b) => b.self - a.self).filter(({ self }) => self > 0).slice(0, kTop), [picked]);
  if (rows.length === 0) return <Nothing />;
  const most = rows[0]?.self ?? 1;
  return (
    <>
      <div class="table-box">
        <table class="top-table">
          <thead><tr><th scope="col">Function</th><th scope="col" class="number">Self</th><th scope="col" class="number">Total</th><th scope="col" class="number time-cell">{is_time(picked.pick.measure) ? "Self time" : "Bytes"}</th></tr></thead>
          <tbody>{rows.map((row) => <TopRow key={row.frame} row={row} most={most} />)}</tbody>
        </table>
      </div>
      {picked.functions.length > rows.length && <p class="more-link"><a href={link(route, { view: "functions" })}>{`All ${format_count(picked.functions.length)} functions`}</a></p>}
    </>
  );
}

function TopRow({ row: { frame, self, total }, most }: { row: FunctionRow; most: number }) {
  const { picked } = useProfile();
  return (
    <tr>
      <th scope="row">
        <span class="top-bar" style={{ width: `${(100 * self) / most}%` }} aria-hidden="true" />
        <span class="top-name"><FunctionLink frame={frame} /></span> <span class="top-place"><PlaceLink frame={frame} /></span>
      </th>
      <td class="number share-cell"><Share frame={frame} share={self / (picked.sum || 1)} of="self" /></td>
      <td class="number share-cell"><Share frame={frame} share={total / (picked.sum || 1)} of="total" /></td>
      <td class="number figure time-cell">{format_weight(picked.pick.measure, self)}</td>
    </tr>
  );
}

function HotLine({ row }: { row: LineRow }) {
  const { profile, picked, route } = useProfile();
  const { sources } = useSources();
  const path = profile.frames.files[row.file] as string;
  const text = sources && source_path(profile.overview, path).map((candidate) => sources.files[candidate]).find((content) => content !== undefined);
  const content = text?.split(/\r\n|\n|\r/, row.line)[row.line - 1]?.trim() ?? "";
  return (
    <tr>
      <td class="number figure">{format_share(row.self / (picked.sum || 1))}</td>
      <th scope="row"><a href={link(route, { view: "source", file: path, line: String(row.line) })}><bdi class="mono">{inert_line(`${path}:${row.line}`)}</bdi></a></th>
      <td class="hot-text"><code>{inert_line(content)}</code></td>
    </tr>
  );
}

function HotLines() {
  const { picked } = useProfile();
  const rows = picked.lines.lines.filter(({ line, self }) => line > 0 && self > 0).slice(0, kTop);
  if (rows.length === 0) return <p class="empty">No function of what is looked at has a file with lines.</p>;
  return (
    <div class="table-box">
      <table class="top-table lines-table"><tbody>{rows.map((row) => <HotLine key={`${row.file} ${row.line}`} row={row} />)}</tbody></table>
    </div>
  );
}

function HintRow({ hint }: { hint: Hint }) {
  const { profile, route } = useProfile();
  const { frames, overview } = profile;
  const files = hint.file === "" ? [] : [hint.file, hint.file.startsWith(`${overview.cwd}/`) ? hint.file.slice(overview.cwd.length + 1) : hint.file];
  const file = files.find((path) => frames.files.includes(path));
  return (
    <li>
      <p>{inert_line(hint.message)}</p>
      <p class="muted">
        {hint.frame !== null && <a href={link(route, { view: "sandwich", fn: String(hint.frame) })}>{`${frame_label(profile, hint.frame)}: callers and callees`}</a>}
        {file !== undefined && <a href={link(route, { view: "source", file, line: hint.line > 0 ? String(hint.line) : undefined })}>{inert_line(hint.line > 0 ? `${file}:${hint.line}` : file)}</a>}
      </p>
    </li>
  );
}

function PeakStacks() {
  const { profile } = useProfile();
  const { nodes } = profile;
  return (
    <div class="peak-stacks">
      {profile.overview.memory.stacks.map(([thread, node], i) => {
        const path: number[] = [];
        for (let up = node ?? -1; up >= 0; up = nodes.parent[up] as number) path.push(up);
        return (
          <details key={i} class="peak-stack" open={i < 2}>
            <summary>{thread_name(profile, thread)}{path[0] !== undefined && <>: <bdi class="mono">{frame_label(profile, nodes.frame[path[0]] as number)}</bdi></>}</summary>
            {path.length === 0 ? <p class="muted">Its stack is not known.</p> : (
              <ol>
                {path.map((up) => {
                  const frame = nodes.frame[up] as number;
                  const line = nodes.line[up] as number;
                  const file = profile.frames.files[profile.frames.file[frame] as number] as string;
                  return <li key={up}><FunctionLink frame={frame} /> <bdi class="mono muted">{file !== "" && line > 0 ? inert_line(`${file}:${line}`) : frame_place(profile, frame)}</bdi></li>;
                })}
              </ol>
            )}
          </details>
        );
      })}
    </div>
  );
}

const kMaxProcesses = 200;

function ProcessRow({ process }: { process: Process }) {
  const { quality } = process;
  return (
    <tr>
      <td class="number figure">{process.pid}</td>
      <th scope="row"><bdi class="mono">{command_text(process.command)}</bdi><span class="process-note muted">{inert_line(process.profiler ? `${process.runtime || "runtime not known"} \u00b7 ${process.profiler}` : `not profiled: ${process.unprofiled_reason || "no reason was given"}`)}</span></th>
      <td class="number figure">{clock_text(process.start_ns)}</td>
      <td class="number figure">{format_duration(process.end_ns - process.start_ns)}</td>
      <td class="number"><FigureText figure={process.cpu} kind="duration" /></td>
      <td class="number"><FigureText figure={process.peak_rss} kind="bytes" /></td>
      <td class="number figure wide-cell" title={`${quality.taken} taken, ${quality.rejected} rejected, ${quality.idle} idle, ${quality.late} late`}>{process.profiler ? `${format_count(quality.taken)} of ${format_count(quality.expected)}` : kDash}</td>
    </tr>
  );
}

function Processes() {
  const { processes } = useProfile().profile.overview;
  return (
    <div class="table-box">
      <table class="process-table">
        <thead>
          <tr><th scope="col" class="number">PID</th><th scope="col">Command</th><th scope="col" class="number">Start</th><th scope="col" class="number">Ran</th><th scope="col" class="number">CPU</th><th scope="col" class="number">Peak RSS</th><th scope="col" class="number wide-cell">Samples</th></tr>
        </thead>
        <tbody>{processes.slice(0, kMaxProcesses).map((process, i) => <ProcessRow key={i} process={process} />)}</tbody>
      </table>
      {processes.length > kMaxProcesses && <p class="empty">{`${format_count(processes.length - kMaxProcesses)} more processes are not listed; profile.json has all of them.`}</p>}
    </div>
  );
}

function Trust() {
  const { overview } = useProfile().profile;
  const { noise, quality, machine, kept } = overview;
  const pairs: [string, string][] = [
    ["Sampler", `woke ${format_duration(noise.wake_up_ns_median)} late at the median, ${format_duration(noise.wake_up_ns_p99)} at the 99th percentile; ${format_duration(noise.own_cpu_ns)} CPU of its own`],
    ["CPU time in samples", `${format_duration(quality.sampled_cpu_ns)} of ${quality.measured_cpu_ns === null ? `an unknown sum${quality.measured_cpu_reason ? ` (${inert_line(quality.measured_cpu_reason)})` : ""}` : `${format_duration(quality.measured_cpu_ns)} measured`}${quality.unknown_stack_cpu_ns > 0 ? `; ${format_duration(quality.unknown_stack_cpu_ns)} without a known stack` : ""}`],
    ["Steal", noise.steal_share === null ? `${kDash} not known` : format_share(noise.steal_share)],
    ["Load at start", noise.load_at_start === null ? `${kDash} not known` : noise.load_at_start.toFixed(2)],
    ["CPU frequency", noise.frequency_spread === null ? `${kDash} ${inert_line(noise.frequency_reason || "not known")}` : `varied by ${format_share(noise.frequency_spread)}`],
    ["Machine", inert_line([machine.cpu_model, machine.cores > 0 ? plural(machine.cores, "core") : "", machine.memory_bytes > 0 ? format_bytes(machine.memory_bytes) : "", machine.os, machine.kernel].filter(Boolean).join(" \u00b7 "))],
    ["Folder", inert_line(overview.cwd)],
    ["Preset", overview.preset === "" ? "none: ran as without a profiler" : inert_line(overview.preset)],
  ];
  if (noise.hardware_counters_reason) pairs.splice(5, 0, ["Hardware counters", `${kDash} ${inert_line(noise.hardware_counters_reason)}`]);
  if (kept.slice_ns > 0 || kept.nodes_left_out > 0)
    pairs.push(["This page", `kept small: ${[kept.slice_ns > 0 && `equal stacks of a thread within ${format_duration(kept.slice_ns)} are merged`, kept.nodes_left_out > 0 && `${format_count(kept.nodes_left_out)} stacks below ${format_share(kept.rare_share)} count for their callers`].filter(Boolean).join("; ")}. Sums stay right; profile.json has everything`]);
  return <dl class="pairs">{pairs.map(([name, text]) => <div key={name}><dt>{name}</dt><dd><bdi>{text}</bdi></dd></div>)}</dl>;
}

export function Overview() {
  const { profile, picked } = useProfile();
  const { overview } = profile;
  const ending = ending_of(overview.status);
  const what = is_time(picked.pick.measure) ? `by ${kMeasureNames[picked.pick.measure]}` : `by ${kMeasureNames[picked.pick.measure]} (${inert_line(overview.allocations.source)}${overview.allocations.overhead ? `; ${inert_line(overview.allocations.overhead)}` : ""})`;
  return (
    <>
      <header class="profile-head">
        <h1><bdi class="mono">{inert_line(format_argv(overview.command)) || "(no command)"}</bdi></h1>
        <p class={`${ending.tone}-text`}>{ending.text}</p>
      </header>
      <Cards />
      {overview.hints.length > 0 && <Section id="hints" title="Worth a look"><ul class="hints">{overview.hints.map((hint, i) => <HintRow key={i} hint={hint} />)}</ul></Section>}
      {overview.diagnostics.length > 0 && (
        <Section id="diagnostics" title="Warnings and notes">
          <Diagnostics diagnostics={overview.diagnostics} />
          {overview.diagnostics_left_out > 0 && <p class="muted">{`${format_count(overview.diagnostics_left_out)} more are in profile.json.`}</p>}
        </Section>
      )}
      <Section id="functions" title="Functions" note={what}><TopFunctions /></Section>
      <Section id="lines" title="Lines" note={`${what}, in the line itself`}><HotLines /></Section>
      {overview.memory.stacks.length > 0 && <Section id="peak" title="Stacks at the memory's peak" note={overview.memory.bytes.value === null ? "" : `${format_bytes(overview.memory.bytes.value)} at ${clock_text(overview.memory.time_ns)}`}><PeakStacks /></Section>}
      <Section id="quality" title="How it was sampled"><QualityLine quality={overview.quality.sum} /><Trust /></Section>
      <Section id="processes" title="Processes"><Processes /></Section>
    </>
  );
}
