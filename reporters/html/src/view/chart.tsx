// CPU cores in use and memory of a suite over time, with the beginnings of its steps and the memory
// limit.
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { SuiteReport } from "../data/model";
import { begin_at, curve_of, downsample, marks_of, type Curve, type Mark } from "../data/series";
import { format_bytes, format_duration, kDash } from "../text/format";
import { colors_of, type Colors } from "./chart_colors";
import { useColors } from "./screen";
import { Line } from "./text";

const kHeight = 220;
const kPixelsPerPoint = 2;
const kMiB = 1024 * 1024;

export function clock(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(2))} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function draw_marks(plot: uPlot, marks: readonly Mark[], colors: Colors): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colors.mark;
  ctx.fillStyle = colors.text;
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  let free_from = -Infinity;
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.seconds, "x", true)) + 0.5;
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    // A label that would run into the one before, or out of the chart, is left out; the list of
    // steps below has them all.
    const width = ctx.measureText(mark.label).width;
    if (x > free_from && x + width < bbox.left + bbox.width) {
      ctx.fillText(mark.label, x + 4 * devicePixelRatio, bbox.top - 5 * devicePixelRatio);
      free_from = x + width + 12 * devicePixelRatio;
    }
  }
  ctx.restore();
}

// Ends at x, on a ground of its own, so that a curve behind it does not make it unreadable.
function draw_label(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, colors: Colors): void {
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "right";
  const width = ctx.measureText(text).width;
  ctx.fillStyle = colors.surface;
  ctx.fillRect(x - width - 3 * devicePixelRatio, y - 10 * devicePixelRatio, width + 6 * devicePixelRatio, 13 * devicePixelRatio);
  ctx.fillStyle = colors.limit;
  ctx.fillText(text, x, y);
}

function draw_limit(plot: uPlot, limit_mib: number, colors: Colors): void {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(limit_mib, "memory", true);
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = colors.limit;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  draw_label(ctx, `memory limit ${format_bytes(limit_mib * kMiB)}`, bbox.left + bbox.width - 4 * devicePixelRatio, y - 5 * devicePixelRatio, colors);
  ctx.restore();
}

// The limit is drawn where it says something: far above the curve it would only flatten it.
function memory_top(curve: Curve, limit_mib: number | null): number {
  const peak = curve.memory_mib.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
  return limit_mib !== null && limit_mib < 4 * peak ? Math.max(peak, limit_mib) * 1.18 : peak * 1.1 || 1;
}

function options_of(curve: Curve, marks: readonly Mark[], limit_mib: number | null, width: number, colors: Colors): uPlot.Options {
  const axis = { stroke: colors.text, ticks: { stroke: colors.grid, size: 4 }, font: "11px system-ui, sans-serif" };
  const top = memory_top(curve, limit_mib);
  const most_cores = curve.cores.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  return {
    width,
    height: kHeight,
    padding: [18, 4, 0, 4],
    cursor: { y: false, drag: { x: true, y: false } },
    scales: {
      x: { time: false },
      cores: { range: [0, Math.max(1, most_cores * 1.1)] },
      memory: { range: [0, top] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_plot, ticks) => ticks.map(clock), space: 70, size: 28 },
      { ...axis, stroke: colors.cpu, scale: "cores", grid: { stroke: colors.grid, width: 1 }, size: 44, values: (_plot, ticks) => ticks.map((tick) => String(Number(tick.toFixed(2)))) },
      { ...axis, stroke: colors.memory, scale: "memory", side: 1, grid: { show: false }, size: 64, values: (_plot, ticks) => ticks.map((tick) => format_bytes(tick * kMiB)) },
    ],
    series: [
      { label: "Time", value: (_plot, value) => (value === null ? kDash : clock(value)) },
      { label: "CPU cores", scale: "cores", stroke: colors.cpu, width: 1.5, points: { show: false }, value: (_plot, value) => (value === null ? kDash : value.toFixed(2)) },
      { label: "Memory", scale: "memory", stroke: colors.memory, width: 1.5, fill: `${colors.memory}18`, points: { show: false }, value: (_plot, value) => (value === null ? kDash : format_bytes(value * kMiB)) },
    ],
    hooks: {
      draw: [
        (plot) => {
          draw_marks(plot, marks, colors);
          if (limit_mib !== null) draw_limit(plot, limit_mib, colors);
        },
      ],
    },
  };
}

export function Chart({ suite }: { suite: SuiteReport }) {
  const { samples } = suite;
  const box = useRef<HTMLDivElement>(null);
  const scheme = useColors();
  const curve = useMemo(() => curve_of(samples), [samples]);
  const limit = suite.suite.limits.memory_bytes;
  useEffect(() => {
    const element = box.current;
    if (!element || curve.seconds.length < 2) return;
    const limit_mib = limit === null ? null : limit / kMiB;
    const width = Math.max(240, element.clientWidth);
    const marks = marks_of(suite);
    const drawn = begin_at(downsample(curve, width / kPixelsPerPoint), marks[0]?.seconds ?? 0);
    const options = options_of(drawn, marks, limit_mib, width, colors_of(element));
    const plot = new uPlot(options, [drawn.seconds, drawn.cores, drawn.memory_mib], element);
    const observer = new ResizeObserver(() => plot.setSize({ width: Math.max(240, element.clientWidth), height: kHeight }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [curve, scheme, limit]);
  if (curve.seconds.length < 2) return <p class="empty">Too few samples for a curve: the suite ran shorter than {format_duration(2 * samples.cadence_ns)}, or was not sampled.</p>;
  return (
    <figure class="chart">
      <div ref={box} class="plot" role="img" aria-label={`CPU cores and memory of ${suite.suite.id} over time`} />
      <figcaption>
        Sampled every {format_duration(samples.cadence_ns)}; memory: <Line text={samples.memory_source} />; CPU: <Line text={samples.cpu_source} />
        {samples.gaps.map((gap) => (
          <span class="gap">{` \u00b7 no samples for ${format_duration(gap.to_ns - gap.from_ns)}: `}<Line text={gap.reason} /></span>
        ))}
        {" \u00b7 drag to zoom, double click to go back"}
      </figcaption>
    </figure>
  );
}
