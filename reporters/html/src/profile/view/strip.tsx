// The timeline in a strip above the other views: CPU and memory, and the span that is looked at.
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { format_bytes } from "../../text/format";
import { useColors } from "../../view/screen";
import { cpu_use, point_at } from "../data/curves";
import type { Profile } from "../data/profile";
import { prepare } from "./box_draw";
import { Brush, useChartWidth } from "./brush";
import { chart_colors, draw_curve, draw_grid, type Pane } from "./curve_draw";
import { useProfile } from "./page";
import { clock_text } from "./time_axis";

const kHeight = 44;
const kGutter = { left: 0, right: 0 };

export function largest(values: Float64Array): number {
  return values.reduce((most, value) => (value > most ? value : most), 0);
}

// CPU, memory, processes and threads at a time.
export function MomentText({ profile, use, time_ns }: { profile: Profile; use: Float64Array; time_ns: number }) {
  const { timeline } = profile;
  const at = Math.min(timeline.time.length - 1, point_at(timeline.time, time_ns) + 1);
  if (at < 0) return <p class="figure">{clock_text(time_ns)}</p>;
  const pss = timeline.pss[at] as number;
  return (
    <>
      <p class="tip-title figure">{clock_text(time_ns)}</p>
      <p class="figure">{`CPU ${((use[at] as number) * 100).toFixed(0)} %`}</p>
      <p class="figure">{`RSS ${format_bytes(timeline.rss[at] as number)}${Number.isNaN(pss) ? "" : ` \u00b7 PSS ${format_bytes(pss)}`}`}</p>
      <p class="figure">{`${timeline.threads[at]} threads in ${timeline.processes[at]} processes`}</p>
    </>
  );
}

export function Strip() {
  const { profile } = useProfile();
  const [box, width] = useChartWidth(kGutter);
  const canvas = useRef<HTMLCanvasElement>(null);
  const colors = useColors();
  const use = useMemo(() => cpu_use(profile.timeline), [profile]);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element || width === 0) return;
    const context = prepare(element, width, kHeight);
    if (!context) return;
    const chart = chart_colors(element);
    const { time, rss } = profile.timeline;
    const pane: Pane = { context, colors: chart, left: 0, top: 2, width, height: kHeight - 3, end: profile.end_ns };
    draw_grid(pane, false);
    draw_curve(pane, { time, values: use, top: Math.max(1, largest(use)), color: chart.cpu, filled: true, steps: true });
    draw_curve(pane, { time, values: rss, top: largest(rss) * 1.05 || 1, color: chart.memory, filled: false, dashed: true });
  }, [profile, width, colors]);
  if (profile.timeline.time.length === 0 && profile.runs.count === 0) return null;
  return (
    <Brush box={box} gutter={kGutter} width={width} label="CPU and memory over time" class="strip" tip={(time_ns) => <MomentText profile={profile} use={use} time_ns={time_ns} />}>
      <canvas ref={canvas} style={{ width: `${width}px`, height: `${kHeight}px` }} />
    </Brush>
  );
}
