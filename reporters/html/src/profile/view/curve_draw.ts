// Draws curves, lanes and axes of the timeline on a canvas.
import type { SpanLane, ThreadUse } from "../data/curves";
import { clock_text, ticks_of } from "./time_axis";

export interface ChartColors {
  cpu: string;
  memory: string;
  line: string;
  text: string;
  strong: string;
  surface: string;
  accent: string;
  good: string;
  warn: string;
  spans: string[];
}

export function chart_colors(element: Element): ChartColors {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  return {
    cpu: color("--chart-cpu"), memory: color("--chart-memory"), line: color("--line"), text: color("--muted"), strong: color("--text"), surface: color("--surface"),
    accent: color("--accent"), good: color("--bar-good"), warn: color("--bar-warn"), spans: [color("--bar-info"), color("--bar-good"), color("--bar-warn"), color("--bar-quiet")],
  };
}

const kFont = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

// A part of the canvas with a time axis from 0 to `end`.
export interface Pane {
  context: CanvasRenderingContext2D;
  colors: ChartColors;
  left: number;
  top: number;
  width: number;
  height: number;
  end: number;
}

export function draw_grid({ context, colors, left, top, width, height, end }: Pane, labels: boolean): void {
  context.font = kFont;
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of ticks_of(0, end, width / 90)) {
    const x = Math.round(left + (tick / end) * width) + 0.5;
    context.strokeStyle = colors.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, top + height);
    context.stroke();
    if (!labels) continue;
    context.fillStyle = colors.text;
    const text = clock_text(tick);
    const half = context.measureText(text).width / 2;
    if (x + half <= left + width + 40) context.fillText(text, Math.max(left + half, x), top + height + 4);
  }
}

export interface Curve {
  time: Float64Array;
  values: Float64Array; // NaN: not known
  top: number;          // value at the upper edge
  color: string;
  filled: boolean;
  dashed?: boolean;
  steps?: boolean; // each value holds for the interval that ends at its time
}

// Points in pixels. Of many in one pixel the largest is drawn, so that no peak is lost; null lifts the pen.
function points_of({ left, top, width, height, end }: Pane, { time, values, top: most, steps }: Curve): ([x: number, y: number] | null)[] {
  const points: ([number, number] | null)[] = [];
  let last_x = left;
  for (let i = 0, pixel = -1, peak = 0; i < time.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) {
      if (points.at(-1) !== null) points.push(null);
      continue;
    }
    const x = left + ((time[i] as number) / end) * width;
    peak = Math.round(x) === pixel ? Math.max(peak, value) : value;
    pixel = Math.round(x);
    if (i + 1 < time.length && Math.round(left + ((time[i + 1] as number) / end) * width) === pixel) continue;
    const y = top + height - (Math.min(peak, most) / most) * height;
    if (steps) points.push([last_x, y]);
    points.push([x, y]);
    last_x = x;
  }
  return points;
}

export function draw_curve(pane: Pane, curve: Curve): void {
  const { context, top, height } = pane;
  const points = points_of(pane, curve);
  const known = points.filter((point) => point !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last) return;
  context.save();
  if (curve.filled) {
    context.beginPath();
    context.moveTo(first[0], top + height);
    for (const [x, y] of known) context.lineTo(x, y);
    context.lineTo(last[0], top + height);
    context.globalAlpha = 0.18;
    context.fillStyle = curve.color;
    context.fill();
    context.globalAlpha = 1;
  }
  context.strokeStyle = curve.color;
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.setLineDash(curve.dashed ? [5, 3] : []);
  context.beginPath();
  points.forEach((point, i) => {
    if (point === null) return;
    if (i === 0 || points[i - 1] === null) context.moveTo(point[0], point[1]);
    else context.lineTo(point[0], point[1]);
  });
  context.stroke();
  context.restore();
}

// The value at the upper edge, to the left of the pane, under its name.
export function draw_scale({ context, colors, left, top, height }: Pane, name: string, most: string, color: string): void {
  context.font = kFont;
  context.textAlign = "right";
  context.textBaseline = "top";
  context.fillStyle = colors.text;
  context.fillText(most, left - 6, top - 1);
  context.fillStyle = color;
  context.font = `600 ${kFont}`;
  context.fillText(name, left - 6, top + 13);
  context.font = kFont;
  context.fillStyle = colors.text;
  if (height > 44) context.fillText("0", left - 6, top + height - 11);
  context.strokeStyle = colors.line;
  context.beginPath();
  context.moveTo(left, top + height + 0.5);
  context.lineTo(left + 1e4, top + height + 0.5);
  context.stroke();
}

// A time that matters, such as that of the peak.
export function draw_mark({ context, left, top, width, height, end }: Pane, time: number, color: string): void {
  const x = Math.round(left + (time / end) * width) + 0.5;
  context.save();
  context.strokeStyle = color;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, top + height);
  context.stroke();
  context.restore();
}

export function draw_lane({ context, colors, left, top, width, height, end }: Pane, lane: SpanLane, color: string): void {
  context.font = kFont;
  context.textAlign = "left";
  context.textBaseline = "middle";
  let covered = -1; // many short spans in one pixel are one bar
  for (const { start_ns, end_ns, name } of lane.spans) {
    const x = left + (start_ns / end) * width;
    const wide = Math.max(1, ((end_ns - start_ns) / end) * width - 0.5);
    if (x + wide <= covered) continue;
    covered = x + wide;
    context.fillStyle = color;
    context.globalAlpha = 0.55;
    context.fillRect(x, top + 1, wide, height - 2);
    context.globalAlpha = 1;
    if (wide < 30) continue;
    context.save();
    context.beginPath();
    context.rect(x, top, wide - 2, height);
    context.clip();
    context.fillStyle = colors.strong;
    context.fillText(name.slice(0, 200), x + 4, top + height / 2 + 0.5);
    context.restore();
  }
}

// How much of each slice a thread was on a CPU, and above it how much it waited for its interpreter's lock.
export function draw_use({ context, colors, left, top, width, height }: Pane, { cpu, gil }: ThreadUse): void {
  const wide = width / cpu.length;
  const bar = (i: number, from: number, part: number, color: string): number => {
    if (part < 0.005) return from;
    const high = Math.max(1, Math.min(1 - from, part) * (height - 2));
    context.fillStyle = color;
    context.fillRect(left + i * wide, top + height - 1 - from * (height - 2) - high, wide + 0.3, high);
    return Math.min(1, from + part);
  };
  for (let i = 0; i < cpu.length; i++) bar(i, bar(i, 0, cpu[i] as number, colors.cpu), gil[i] as number, colors.warn);
}

export function draw_label({ context, colors, left, top, height }: Pane, text: string, room: number): void {
  context.font = kFont;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = colors.text;
  let cut = text;
  while (cut.length > 1 && context.measureText(cut).width > room) cut = `${cut.slice(0, Math.max(1, Math.floor(cut.length * 0.9) - 1))}\u2026`;
  context.fillText(cut, left, top + height / 2 + 0.5);
}
