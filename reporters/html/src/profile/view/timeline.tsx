// The recording over time: CPU, memory, threads and processes of the tree, named spans such as tests, and what each
// thread did. Dragging chooses the span that every view shows.
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { format_bytes, format_duration, plural } from "../../text/format";
import { inert_line } from "../../text/inert";
import { useColors } from "../../view/screen";
import { cpu_use, lanes_of, thread_use, type SpanLane } from "../data/curves";
import { kWaitsForGil } from "../data/model";
import type { Profile, Span } from "../data/profile";
import { prepare } from "./box_draw";
import { Brush, useChartWidth, type Gutter } from "./brush";
import { chart_colors, draw_curve, draw_grid, draw_label, draw_lane, draw_mark, draw_scale, draw_use, type ChartColors, type Pane } from "./curve_draw";
import { command_text, link, thread_name, useProfile } from "./page";
import { largest, MomentText } from "./strip";
import { clock_text } from "./time_axis";

const kCurve = 76;
const kGap = 18;
const kLane = 17;
const kMaxSpanLanes = 12; // of each kind
const kMaxThreads = 40;
const kAxis = 20;
const kWide: Gutter = { left: 132, right: 12 };
const kNarrow: Gutter = { left: 78, right: 8 };
const kNarrowWindow = 760;
const kPixelsPerSlice = 2;

interface KindLanes {
  kind: string;
  lanes: SpanLane[];
  left_out: number;
}

interface Lane {
  top: number;
  span_lane?: SpanLane;
  thread?: number;
  kind: string;
}

interface Layout {
  curves: number[]; // tops
  lanes: Lane[];
  titles: { top: number; text: string }[];
  height: number;
  threads_left_out: number;
  spans_left_out: number;
}

function span_kinds(spans: readonly Span[]): KindLanes[] {
  const by_kind = new Map<string, Span[]>();
  for (const span of spans) {
    const of_kind = by_kind.get(span.kind) ?? [];
    of_kind.push(span);
    by_kind.set(span.kind, of_kind);
  }
  return [...by_kind].map(([kind, of_kind]) => ({ kind, ...lanes_of(of_kind, kMaxSpanLanes) }));
}

// Threads with the most CPU time, process by process.
function busy_threads({ threads, runs }: Profile): number[] {
  const process_of = (thread: number): number => (threads[thread] as { process: number }).process;
  const cpu = threads.map((_, thread) => {
    let sum = 0;
    for (let run = runs.first[thread] as number; run < (runs.first[thread + 1] as number); run++) sum += runs.cpu[run] as number;
    return sum;
  });
  return threads.map((_, thread) => thread).filter((thread) => (cpu[thread] as number) > 0).sort((a, b) => (cpu[b] as number) - (cpu[a] as number)).slice(0, kMaxThreads).sort((a, b) => process_of(a) - process_of(b) || a - b);
}

function layout_of(profile: Profile): Layout {
  const layout: Layout = { curves: [], lanes: [], titles: [], height: 12, threads_left_out: 0, spans_left_out: 0 };
  for (let i = 0; i < 3; i++) {
    layout.curves.push(layout.height);
    layout.height += kCurve + kGap;
  }
  for (const { kind, lanes, left_out } of span_kinds(profile.spans)) {
    layout.titles.push({ top: layout.height, text: `${inert_line(kind) || "span"}s` });
    layout.height += kLane;
    for (const span_lane of lanes) {
      layout.lanes.push({ top: layout.height, span_lane, kind });
      layout.height += kLane;
    }
    layout.spans_left_out += left_out;
    layout.height += 6;
  }
  const busy = busy_threads(profile);
  layout.threads_left_out = profile.threads.length - busy.length;
  let process = -1;
  for (const thread of busy) {
    const own = (profile.threads[thread] as { process: number }).process;
    if (own !== process) {
      const { pid, command, runtime } = profile.overview.processes[own] ?? { pid: 0, command: "", runtime: "" };
      layout.height += 4;
      layout.titles.push({ top: layout.height, text: `${pid} ${command_text(command)}${runtime ? ` \u00b7 ${inert_line(runtime)}` : ""}` });
      layout.height += kLane;
      process = own;
    }
    layout.lanes.push({ top: layout.height, thread, kind: "" });
    layout.height += kLane + 1;
  }
  layout.height += 6;
  return layout;
}

function draw_curves(profile: Profile, use: Float64Array, pane: (top: number, height: number) => Pane, colors: ChartColors, tops: readonly number[]): void {
  const { timeline, overview } = profile;
  const [cpu, memory, counts] = tops.map((top) => pane(top, kCurve)) as [Pane, Pane, Pane];
  const most_cpu = Math.max(1, Math.ceil(largest(use)));
  draw_scale(cpu, "CPU", `${most_cpu * 100} %`, colors.cpu);
  draw_curve(cpu, { time: timeline.time, values: use, top: most_cpu, color: colors.cpu, filled: true, steps: true });
  const most_memory = largest(timeline.rss) * 1.08 || 1;
  draw_scale(memory, "memory", format_bytes(Math.round(most_memory)), colors.memory);
  draw_curve(memory, { time: timeline.time, values: timeline.rss, top: most_memory, color: colors.memory, filled: true });
  draw_curve(memory, { time: timeline.time, values: timeline.pss, top: most_memory, color: colors.memory, filled: false, dashed: true });
  if (overview.memory.bytes.value !== null) draw_mark(memory, overview.memory.time_ns, colors.strong);
  const most_count = Math.max(1, largest(timeline.threads), largest(timeline.processes));
  draw_scale(counts, "threads", String(most_count), colors.good);
  draw_curve(counts, { time: timeline.time, values: timeline.threads, top: most_count * 1.1, color: colors.good, filled: false, steps: true });
  draw_curve(counts, { time: timeline.time, values: timeline.processes, top: most_count * 1.1, color: colors.text, filled: false, dashed: true, steps: true });
}

function draw(canvas: HTMLCanvasElement, profile: Profile, layout: Layout, use: Float64Array, width: number, gutter: Gutter): void {
  const whole = gutter.left + width + gutter.right;
  const context = prepare(canvas, whole, layout.height + kAxis);
  if (!context) return;
  const colors = chart_colors(canvas);
  const pane = (top: number, height: number): Pane => ({ context, colors, left: gutter.left, top, width, height, end: profile.end_ns });
  draw_grid(pane(0, layout.height), true);
  draw_curves(profile, use, pane, colors, layout.curves);
  const kinds = [...new Set(layout.lanes.map(({ kind }) => kind))];
  for (const { top, span_lane, thread, kind } of layout.lanes) {
    const lane = pane(top, kLane);
    if (span_lane) draw_lane(lane, span_lane, colors.spans[kinds.indexOf(kind) % colors.spans.length] as string);
    if (thread === undefined) continue;
    draw_label({ ...lane, left: 8 }, thread_name(profile, thread), gutter.left - 14);
    draw_use(lane, thread_use(profile, thread, { from_ns: 0, to_ns: profile.end_ns }, Math.max(1, Math.round(width / kPixelsPerSlice))));
  }
  for (const { top, text } of layout.titles) draw_label({ ...pane(top, kLane), left: 8 }, text, whole - 20);
}

function SpansAt({ lane, time_ns, slack }: { lane: SpanLane; time_ns: number; slack: number }) {
  const span = lane.spans.find(({ start_ns, end_ns }) => start_ns - slack <= time_ns && time_ns <= end_ns + slack);
  if (!span) return null;
  return (
    <>
      <p class="tip-title"><bdi>{inert_line(span.name)}</bdi></p>
      <p class="figure">{`${inert_line(span.kind)}, ${format_duration(span.end_ns - span.start_ns)} from ${clock_text(span.start_ns)}`}</p>
    </>
  );
}

function waits_for_gil({ runs }: Profile): boolean {
  return runs.state.some((state) => (state & kWaitsForGil) !== 0);
}

function Legend({ layout }: { layout: Layout }) {
  const { profile } = useProfile();
  const { overview } = profile;
  const read_until = profile.timeline.time.at(-1) ?? 0;
  return (
    <p class="legend">
      <span><i class="line-sign cpu" aria-hidden="true" />CPU of the tree; 100 % is one core</span>
      <span><i class="line-sign memory solid" aria-hidden="true" />RSS</span>
      <span><i class="line-sign memory" aria-hidden="true" />PSS: shared pages counted once</span>
      <span><i class="line-sign threads" aria-hidden="true" />threads</span>
      <span><i class="line-sign processes" aria-hidden="true" />processes</span>
      {read_until < profile.end_ns * 0.95 && read_until > 0 && <span class="warn-text">{`CPU and memory were read until ${clock_text(read_until)} only`}</span>}
      {waits_for_gil(profile) && <span><i class="swatch swatch-gil" aria-hidden="true" />a thread waits for the GIL</span>}
      {overview.memory.bytes.value !== null && <span>{`peak at ${clock_text(overview.memory.time_ns)}`}</span>}
      {layout.threads_left_out > 0 && <span>{`${plural(layout.threads_left_out, "thread")} not drawn: no CPU time, or less than the ${kMaxThreads} busiest`}</span>}
      {layout.spans_left_out + overview.spans.left_out > 0 && <span>{`${plural(layout.spans_left_out + overview.spans.left_out, "span")} not drawn`}</span>}
      <span class="how">drag to choose a span: every view shows it alone</span>
    </p>
  );
}

export function Timeline() {
  const { profile, picked, route, go } = useProfile();
  const gutter = innerWidth < kNarrowWindow ? kNarrow : kWide;
  const [box, width] = useChartWidth(gutter);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = useColors();
  const use = useMemo(() => cpu_use(profile.timeline), [profile]);
  const layout = useMemo(() => layout_of(profile), [profile]);
  useLayoutEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, profile, layout, use, width, gutter);
  }, [profile, layout, use, width, colors, gutter]);
  const tip = (time_ns: number, y: number) => {
    const lane = layout.lanes.find(({ top }) => top <= y && y < top + kLane);
    return (
      <>
        {lane?.span_lane && <SpansAt lane={lane.span_lane} time_ns={time_ns} slack={(profile.end_ns / width) * 2} />}
        {lane?.thread !== undefined && <p class="tip-title">{thread_name(profile, lane.thread)}</p>}
        <MomentText profile={profile} use={use} time_ns={time_ns} />
      </>
    );
  };
  return (
    <>
      <h1 class="sr-only">Timeline</h1>
      <Brush box={box} gutter={gutter} width={width} label="Timeline of the recording" class="big-timeline" tip={tip}>
        <canvas ref={canvas} style={{ width: `${gutter.left + width + gutter.right}px`, height: `${layout.height + kAxis}px` }} />
      </Brush>
      <Legend layout={layout} />
      {picked.pick.range && (
        <p class="under-chart">
          <a class="button small" href={link(route, { view: "flame" })}>Flame graph of the span</a>
          <a class="button small" href={link(route, { view: "functions" })}>Its functions</a>
          <button type="button" class="button small" onClick={() => go({ range: undefined }, "replace")}>Choose all</button>
        </p>
      )}
      {profile.timeline.time.length === 0 && <p class="empty">The memory and the CPU time of the tree were not sampled.</p>}
    </>
  );
}
