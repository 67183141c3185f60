// CPU and memory of the whole run under the bars, on the same axis of time. Hatched: spans in which a suite was not
// sampled, so that the sum lacks it.
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { gaps_of, run_curve, type Gap } from "../data/curves";
import type { SuiteReport } from "../data/model";
import { format_bytes } from "../text/format";
import { clock } from "./chart";
import { colors_of, type Colors } from "./chart_colors";
import { useColors } from "./screen";
import type { Span } from "./timeline_draw";

export const kCurveHeight = 168;
export const kLeft = 46;
export const kRight = 66;
const kPixelsPerSlice = 2;

function draw_gaps(plot: uPlot, gaps: readonly Gap[], colors: Colors): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio || 1;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colors.mark;
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = scale;
  for (const gap of gaps) {
    const left = plot.valToPos(gap.from_ns / 1e9, "x", true);
    const right = Math.max(left + 2 * scale, plot.valToPos(gap.to_ns / 1e9, "x", true));
    if (right < bbox.left || left > bbox.left + bbox.width) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.beginPath();
    for (let x = left - bbox.height; x < right; x += 6 * scale) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
  ctx.restore();
}

function options_of(span: Span, width: number, most: { cores: number; memory: number }, gaps: readonly Gap[], colors: Colors): uPlot.Options {
  const axis = { stroke: colors.text, ticks: { stroke: colors.grid, size: 4 }, font: "11px system-ui, sans-serif" };
  return {
    width,
    height: kCurveHeight,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [span.from_ns / 1e9, span.to_ns / 1e9] },
      cores: { range: [0, Math.max(1, most.cores * 1.1)] },
      memory: { range: [0, most.memory * 1.1 || 1] },
    },
    axes: [
      { ...axis, grid: { stroke: colors.grid, width: 1 }, values: (_plot, ticks) => ticks.map(clock), space: 70, size: 26 },
      { ...axis, stroke: colors.cpu, scale: "cores", grid: { stroke: colors.grid, width: 1 }, size: kLeft, values: (_plot, ticks) => ticks.map((tick) => String(Number(tick.toFixed(2)))) },
      { ...axis, stroke: colors.memory, scale: "memory", side: 1, grid: { show: false }, size: kRight, incrs: kMemorySteps, values: (_plot, ticks) => ticks.map(format_bytes) },
    ],
    series: [
      {},
      { scale: "cores", stroke: colors.cpu, width: 1.5, fill: `${colors.cpu}1c`, points: { show: false } },
      { scale: "memory", stroke: colors.memory, width: 1.5, dash: [5, 2], points: { show: false } },
    ],
    hooks: { draw: [(plot) => draw_gaps(plot, gaps, colors)] },
  };
}

// Steps of the memory axis: powers of two, so that its labels are round.
const kMemorySteps = Array.from({ length: 32 }, (_, i) => 2 ** (i + 14));

function largest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

export function Curves({ suites, span, width }: { suites: readonly SuiteReport[]; span: Span; width: number }) {
  const box = useRef<HTMLDivElement>(null);
  const colors = useColors();
  const gaps = useMemo(() => gaps_of(suites), [suites]);
  const curve = useMemo(() => run_curve(suites, span.from_ns, span.to_ns, Math.max(20, Math.floor(width / kPixelsPerSlice))), [suites, span, width]);
  const sampled = suites.some(({ samples }) => samples.t_ns.length > 1);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || !sampled) return;
    const most = { cores: largest(curve.cores), memory: largest(curve.memory_bytes) };
    const options = options_of(span, width + kLeft + kRight, most, gaps, colors_of(element));
    const plot = new uPlot(options, [curve.seconds, curve.cores, curve.memory_bytes], element);
    return () => plot.destroy();
  }, [curve, colors]);
  if (!sampled) return <p class="empty">The run was too short for samples, or sampling was off: there is no curve of CPU and memory.</p>;
  return <div ref={box} class="curves" role="img" aria-label="CPU cores in use and memory of all suites over time" />;
}
