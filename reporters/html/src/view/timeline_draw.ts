// Draws the bars of the timeline. How high a bar is says how its test ended, and its colour repeats that.
import type { Band, Lane } from "../data/lanes";
import type { Group, TestRow } from "../data/tests";
import { kFont, type Colors } from "./chart_colors";

export interface Span {
  from_ns: number;
  to_ns: number;
}

export interface LanePlace {
  lane: Lane;
  top: number;
}

export interface BandPlace {
  band: Band;
  top: number;
  steps_top: number;
  lanes: LanePlace[];
  bottom: number;
}

export interface Layout {
  bands: BandPlace[];
  lane_height: number;
  height: number;
}

const kTitle = 17;
const kSteps = 14;
const kBandGap = 10;
const kWantedLanes = 420; // pixels for all lanes before they become lower
const kHighest = 13;
const kLowest = 4;

export function layout_of(bands: readonly Band[]): Layout {
  const lanes = bands.reduce((count, band) => count + band.lanes.length, 0);
  const lane_height = Math.max(kLowest, Math.min(kHighest, Math.floor(kWantedLanes / Math.max(1, lanes))));
  let top = 4;
  const places = bands.map((band): BandPlace => {
    const begin = top;
    const steps_top = begin + kTitle;
    const first_lane = steps_top + kSteps + 3;
    const of_lanes = band.lanes.map((lane, i) => ({ lane, top: first_lane + i * (lane_height + 1) }));
    const bottom = first_lane + band.lanes.length * (lane_height + 1);
    top = bottom + kBandGap;
    return { band, top: begin, steps_top, lanes: of_lanes, bottom };
  });
  return { bands: places, lane_height, height: Math.max(60, top) };
}

const kSeverity: Record<Group, number> = { failed: 5, quarantined: 4, flaky: 4, expected: 2, passed: 1, skipped: 0 };
const kShare: Record<Group, number> = { failed: 1, quarantined: 0.85, flaky: 0.85, expected: 0.6, passed: 0.6, skipped: 0.3 };

export interface DrawInput {
  layout: Layout;
  span: Span;
  width: number;
  colors: Colors;
  is_kept: (row: TestRow) => boolean; // what the filter leaves; the rest is faded
}

function step_color(kind: string, colors: Colors): string {
  return kind === "test" ? colors.accent : colors.mark;
}

function draw_steps(ctx: CanvasRenderingContext2D, place: BandPlace, x_of: (ns: number) => number, { width, colors }: DrawInput): void {
  for (const step of place.band.steps) {
    const left = Math.max(0, x_of(step.started_ns));
    const right = Math.min(width, x_of(step.started_ns + step.usage.wall_ns));
    if (right < 0 || left > width) continue;
    const wide = Math.max(1.5, right - left - 1);
    ctx.globalAlpha = 0.18;
    ctx.fillStyle = step_color(step.kind, colors);
    ctx.fillRect(left, place.steps_top, wide, kSteps);
    ctx.globalAlpha = 1;
    ctx.fillRect(left, place.steps_top, Math.min(2, wide), kSteps);
    const label = step.name;
    ctx.fillStyle = colors.text;
    if (ctx.measureText(label).width + 10 < wide) ctx.fillText(label, left + 6, place.steps_top + 11);
  }
}

// Bars that fall on the same pixel are drawn once, the worst of them.
function draw_lane(ctx: CanvasRenderingContext2D, { lane, top }: LanePlace, x_of: (ns: number) => number, input: DrawInput): void {
  const { width, colors, is_kept, layout } = input;
  let drawn_to = -1;
  let drawn_severity = -1;
  for (const row of lane.rows) {
    const begin = row.start_ns ?? 0;
    const left = x_of(begin);
    const right = x_of(begin + (row.duration_ns ?? 0));
    if (right < 0 || left > width) continue;
    const kept = is_kept(row);
    const severity = kept ? kSeverity[row.group] + 10 : 0;
    const x = Math.floor(left);
    const narrow = right - left < 1.5;
    if (narrow && x < drawn_to && severity <= drawn_severity) continue;
    const height = Math.max(2, Math.round(layout.lane_height * kShare[row.group]));
    ctx.fillStyle = kept ? colors.bars[row.group] : colors.faded;
    const from = narrow ? x : Math.max(0, left);
    const wide = narrow ? 1.2 : Math.max(1, Math.min(width, right) - from - (right - left > 4 ? 0.75 : 0));
    ctx.fillRect(from, top + layout.lane_height - height, wide, height);
    drawn_to = narrow ? x + 1 : 0;
    drawn_severity = severity;
  }
}

export function draw_bands(canvas: HTMLCanvasElement, input: DrawInput): void {
  const { layout, span, width, colors } = input;
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(layout.height * scale);
  const ctx = canvas.getContext("2d");
  if (!ctx) return;
  ctx.scale(scale, scale);
  ctx.font = kFont;
  ctx.textBaseline = "alphabetic";
  const x_of = (ns: number): number => ((ns - span.from_ns) / (span.to_ns - span.from_ns)) * width;
  for (const place of layout.bands) {
    ctx.fillStyle = colors.sunken;
    for (const { top } of place.lanes) ctx.fillRect(0, top, width, layout.lane_height);
    draw_steps(ctx, place, x_of, input);
    for (const lane of place.lanes) draw_lane(ctx, lane, x_of, input);
  }
}

// The band, and the lane of it, at a height.
export function place_at(layout: Layout, y: number): { band: BandPlace; lane: LanePlace | undefined; on_steps: boolean } | undefined {
  const band = layout.bands.find((place) => y >= place.top && y < place.bottom);
  if (!band) return undefined;
  const lane = band.lanes.find(({ top }) => y >= top && y < top + layout.lane_height + 1);
  return { band, lane, on_steps: y >= band.steps_top && y < band.steps_top + kSteps };
}
