// The whole run over time: suites with their steps, tests as bars in the lanes of their processes, CPU and memory under
// them. Dragging chooses a span and filters the table below by it.
import { useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { gaps_of, run_curve } from "../data/curves";
import { bands_of, row_at } from "../data/lanes";
import { parse_query, values_of, with_values } from "../data/query";
import { parse_quantity } from "../data/quantities";
import { hash_of, link_to_suite } from "../data/route";
import type { TestRow } from "../data/tests";
import { format_bytes, format_count, format_duration, kDash, plural, words } from "../text/format";
import { clock } from "./chart";
import { colors_of } from "./chart_colors";
import { FilterBar, useFiltered } from "./filter_bar";
import { Icon } from "./icon";
import { usePage } from "./page";
import { PrintingContext, useColors } from "./screen";
import { TestsTable } from "./tests";
import { Line } from "./text";
import { Curves, kLeft, kRight } from "./timeline_curves";
import { draw_bands, layout_of, place_at, type BandPlace, type Layout, type Span } from "./timeline_draw";

const kNarrowest = 1e6; // nanoseconds
const kDragPixels = 4;

const kPaperWidth = 696; // of A4 between its margins

function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const printing = useContext(PrintingContext);
  const box = useRef<HTMLDivElement>(null);
  const [width, set_width] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const read = (): void => set_width(Math.max(160, element.clientWidth - kLeft - kRight));
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, printing ? kPaperWidth - kLeft - kRight : width];
}

// The end of the run, or of what is known to have run longer (a report of a run that was killed).
function end_of_run(rows: readonly TestRow[], report: { wall_ns: number; suites: readonly { steps: readonly { started_ns: number; usage: { wall_ns: number } }[] }[] }): number {
  const steps = report.suites.flatMap((suite) => suite.steps.map((step) => step.started_ns + step.usage.wall_ns));
  const tests = rows.reduce((end, row) => Math.max(end, (row.start_ns ?? 0) + (row.duration_ns ?? 0)), 0);
  return Math.max(kNarrowest, report.wall_ns, tests, ...steps);
}

function seconds_text(ns: number, span: Span): string {
  const digits = Math.max(0, Math.min(6, 3 - Math.floor(Math.log10((span.to_ns - span.from_ns) / 1e9))));
  return `${Number((ns / 1e9).toFixed(digits))}s`;
}

function selection_of(q: string): Span | null {
  const [value] = values_of(q, "at");
  if (value === undefined || !value.includes("..")) return null;
  const [from = "", to = ""] = value.split("..");
  try {
    return { from_ns: parse_quantity(from, "duration"), to_ns: parse_quantity(to, "duration") };
  } catch {
    return null;
  }
}

function zoomed(span: Span, factor: number, middle: number, end: number): Span {
  const wide = Math.min(end, Math.max(kNarrowest, (span.to_ns - span.from_ns) * factor));
  const share = (middle - span.from_ns) / (span.to_ns - span.from_ns);
  return moved_to(middle - share * wide, wide, end);
}

function moved_to(from: number, wide: number, end: number): Span {
  const from_ns = Math.max(0, Math.min(end - wide, from));
  return { from_ns, to_ns: from_ns + wide };
}

interface Pointed {
  x: number;
  y: number;
  time_ns: number;
  row: TestRow | undefined;
  place: BandPlace | undefined;
  on_steps: boolean;
}

function Tip({ at, width }: { at: Pointed; width: number }) {
  const { report } = usePage();
  const { row, place, time_ns } = at;
  const now = useMemo(() => run_curve(report.suites, time_ns - 1e6, time_ns + 1e6, 1), [time_ns]);
  const gap = gaps_of(report.suites).find(({ from_ns, to_ns }) => from_ns <= time_ns && time_ns <= to_ns);
  const step = at.on_steps ? place?.band.steps.find((one) => one.started_ns <= time_ns && time_ns <= one.started_ns + one.usage.wall_ns) : undefined;
  const right = at.x > width * 0.6;
  return (
    <div class="tip" style={{ left: right ? "auto" : `${kLeft + at.x + 14}px`, right: right ? `${kRight + width - at.x + 14}px` : "auto", top: `${at.y + 14}px` }}>
      {row && (
        <>
          <p class="tip-title"><Line text={row.title} /></p>
          <p>{`${words(row.group === "flaky" ? "flaky" : row.outcome)}, ${row.duration_ns === null ? "no duration" : format_duration(row.duration_ns)}${row.pid > 0 ? `, process ${row.pid}` : ""}`}</p>
        </>
      )}
      {step && <p class="tip-title"><Line text={`${step.name} (${step.kind}), ${format_duration(step.usage.wall_ns)}, ${words(step.ending)}`} /></p>}
      {place && !row && !step && <p class="tip-title"><Line text={place.band.suite.suite.id} /></p>}
      <p class="figure">{`${clock(time_ns / 1e9)} \u00b7 ${now.cores[0] === null ? kDash : `${(now.cores[0] ?? 0).toFixed(2)} cores`} \u00b7 ${now.memory_bytes[0] === null ? kDash : format_bytes(now.memory_bytes[0] ?? 0)}`}</p>
      {gap && <p class="warn-text"><Line text={`no samples of ${gap.suite}: ${gap.reason}`} /></p>}
    </div>
  );
}

function Labels({ layout }: { layout: Layout }) {
  return (
    <>
      {layout.bands.map(({ band, top }) => (
        <p key={band.suite.suite.id} class="band-label" style={{ top: `${top}px`, left: `${kLeft}px` }}>
          <a href={link_to_suite(band.suite.suite.id)}><Line text={band.suite.suite.id} /></a>
          <span>{`${words(band.suite.status)} \u00b7 ${format_duration(band.suite.wall_ns)} \u00b7 ${plural(band.suite.counts.total, "test")}${band.lanes.length > 1 ? ` in ${band.lanes.length} lanes` : ""}${band.without_start > 0 ? ` \u00b7 ${format_count(band.without_start)} without a known start` : ""}`}</span>
        </p>
      ))}
    </>
  );
}

const kLegend: [string, string][] = [["failed", "failed"], ["flaky", "flaky or quarantined"], ["passed", "passed"], ["skipped", "skipped"]];

function Legend() {
  return (
    <p class="legend timeline-legend">
      {kLegend.map(([group, name]) => <span key={group}><i class={`bar-sign ${group}`} aria-hidden="true" />{name}</span>)}
      <span><i class="line-sign cpu" aria-hidden="true" />CPU cores</span>
      <span><i class="line-sign memory" aria-hidden="true" />memory</span>
      <span>no line: nothing was sampled (steps that prepare are not)</span>
      <span class="how">drag to choose a span, Ctrl and wheel to zoom</span>
    </p>
  );
}

interface ChartProps {
  rows: readonly TestRow[];
  kept: ReadonlySet<number>;
}

function Chart({ rows, kept }: ChartProps) {
  const { report, route, go } = usePage();
  const [box, width] = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = useColors();
  const end = useMemo(() => end_of_run(rows, report), [report]);
  const [span, set_span] = useState<Span>({ from_ns: 0, to_ns: end });
  const [pointed, set_pointed] = useState<Pointed | null>(null);
  const [drag, set_drag] = useState<Span | null>(null);
  const drag_from = useRef<{ x: number; time_ns: number } | null>(null);
  const layout = useMemo(() => layout_of(bands_of(report.suites, rows)), [report]);
  const selection = drag ?? selection_of(route.q ?? "");
  const whole = span.from_ns === 0 && span.to_ns === end;

  const is_kept = (row: TestRow): boolean => kept.has(row.index);
  useLayoutEffect(() => {
    if (canvas.current && width > 0) draw_bands(canvas.current, { layout, span, width, colors: colors_of(canvas.current), is_kept });
  }, [layout, span, width, colors, kept]);

  const time_of = (x: number): number => span.from_ns + (x / width) * (span.to_ns - span.from_ns);
  const x_of = (ns: number): number => ((ns - span.from_ns) / (span.to_ns - span.from_ns)) * width;
  const point = (event: PointerEvent | WheelEvent): Pointed => {
    const area = (canvas.current as HTMLCanvasElement).getBoundingClientRect();
    const x = Math.max(0, Math.min(width, event.clientX - area.left));
    const y = event.clientY - area.top;
    const found = place_at(layout, y);
    const time_ns = time_of(x);
    const slack = ((span.to_ns - span.from_ns) / width) * 2;
    return { x, y, time_ns, place: found?.band, on_steps: found?.on_steps ?? false, row: found?.lane && row_at(found.lane.lane, time_ns, slack) };
  };
  const choose = (chosen: Span | null): void =>
    go({ q: with_values(route.q ?? "", "at", chosen ? [`${seconds_text(chosen.from_ns, span)}..${seconds_text(chosen.to_ns, span)}`] : []) || undefined }, "replace");

  const on_down = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target as Element).closest("a, button")) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const at = point(event);
    drag_from.current = { x: at.x, time_ns: at.time_ns };
  };
  const on_move = (event: PointerEvent): void => {
    const at = point(event);
    set_pointed(at);
    const from = drag_from.current;
    if (from && Math.abs(at.x - from.x) >= kDragPixels) set_drag({ from_ns: Math.min(from.time_ns, at.time_ns), to_ns: Math.max(from.time_ns, at.time_ns) });
  };
  const on_up = (event: PointerEvent): void => {
    if (!drag_from.current) return;
    const at = point(event);
    drag_from.current = null;
    set_drag(null);
    if (drag) choose(drag);
    else if (at.row) go({ test: at.row.id });
    else if (selection) choose(null);
  };
  const wheel = useRef<(event: WheelEvent) => void>(() => {});
  wheel.current = (event) => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      set_span(zoomed(span, event.deltaY > 0 ? 1.3 : 1 / 1.3, point(event).time_ns, end));
    } else if (!whole && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      const wide = span.to_ns - span.from_ns;
      set_span(moved_to(span.from_ns + (event.deltaX / width) * wide, wide, end));
    }
  };
  useEffect(() => {
    const element = box.current;
    const on_wheel = (event: WheelEvent): void => wheel.current(event);
    element?.addEventListener("wheel", on_wheel, { passive: false });
    return () => element?.removeEventListener("wheel", on_wheel);
  }, []);

  const middle = (span.from_ns + span.to_ns) / 2;
  const wide = span.to_ns - span.from_ns;
  const on_key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") set_span(zoomed(span, 1 / 1.5, middle, end));
    else if (event.key === "-") set_span(zoomed(span, 1.5, middle, end));
    else if (event.key === "0") set_span({ from_ns: 0, to_ns: end });
    else if (event.key === "ArrowLeft") set_span(moved_to(span.from_ns - wide / 5, wide, end));
    else if (event.key === "ArrowRight") set_span(moved_to(span.from_ns + wide / 5, wide, end));
    else if (event.key === "Escape" && selection) choose(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <figure class="timeline">
      <div class="timeline-tools">
        <span class="figure muted">{`${clock(span.from_ns / 1e9)} \u2013 ${clock(span.to_ns / 1e9)} of ${format_duration(end)}`}</span>
        {selection && <button type="button" class="button small" onClick={() => set_span(moved_to(selection.from_ns, Math.max(kNarrowest, selection.to_ns - selection.from_ns), end))}>Zoom to the chosen span</button>}
        {selection && <button type="button" class="button small" onClick={() => choose(null)}>Choose all</button>}
        <button type="button" class="tool" title="Farther (\u2212)" aria-label="Zoom out" disabled={whole} onClick={() => set_span(zoomed(span, 1.5, middle, end))}><Icon name="minus" /></button>
        <button type="button" class="tool" title="Closer (+)" aria-label="Zoom in" onClick={() => set_span(zoomed(span, 1 / 1.5, middle, end))}><Icon name="plus" /></button>
        <button type="button" class="button small" disabled={whole} onClick={() => set_span({ from_ns: 0, to_ns: end })}>Whole run</button>
      </div>
      <div
        ref={box}
        class="timeline-box"
        tabIndex={0}
        role="application"
        aria-roledescription="timeline"
        aria-label="Timeline of the run: plus and minus zoom, arrows move; the table below has the same tests"
        onKeyDown={on_key}
        onPointerDown={on_down}
        onPointerMove={on_move}
        onPointerUp={on_up}
        onPointerCancel={() => {
          drag_from.current = null;
          set_drag(null);
        }}
        onPointerLeave={() => set_pointed(null)}
        onDblClick={() => set_span({ from_ns: 0, to_ns: end })}
      >
        <div class="lanes">
          <Labels layout={layout} />
          <canvas ref={canvas} style={{ width: `${width}px`, height: `${layout.height}px`, marginLeft: `${kLeft}px` }} />
        </div>
        {width > 0 && <Curves suites={report.suites} span={span} width={width} />}
        {selection && (
          <div class="brush" style={{ left: `${kLeft + Math.max(0, x_of(selection.from_ns))}px`, width: `${Math.max(2, Math.min(width, x_of(selection.to_ns)) - Math.max(0, x_of(selection.from_ns)))}px` }} />
        )}
        {pointed && <div class="hair" style={{ left: `${kLeft + pointed.x}px` }} />}
        {pointed && !drag && <Tip at={pointed} width={width} />}
      </div>
      <Legend />
    </figure>
  );
}

export function Timeline() {
  const { report, table, route } = usePage();
  const filtered = useFiltered();
  // Bars fade by everything but the span: what lies outside of it is seen to lie outside.
  const kept = useMemo(() => {
    const query = parse_query(with_values(route.q ?? "", "at", []));
    return new Set(table.rows.filter(query.problems.length === 0 ? query.matches : () => true).map((row) => row.index));
  }, [with_values(route.q ?? "", "at", []), table]);
  if (report.suites.every((suite) => suite.steps.length === 0))
    return <p class="empty">Nothing was run, so there is no timeline. <a href={hash_of({ view: "summary" })}>The summary</a> says why.</p>;
  return (
    <>
      <h1 class="sr-only">Timeline</h1>
      <Chart rows={table.rows} kept={kept} />
      <FilterBar filtered={filtered} />
      <div class="under-timeline"><TestsTable filtered={filtered} /></div>
    </>
  );
}
