// The stacks of one thread in the order of time. A click shows a box's time alone; the wheel with Ctrl zooms.
import { useEffect, useMemo, useState } from "preact/hooks";
import { format_duration } from "../../text/format";
import type { Range } from "../data/pick";
import { boxes_of, columns_of, type TimeBox } from "../data/time_order";
import { BoxChart } from "./box_chart";
import type { Box } from "./box_draw";
import { flame_colors } from "./flame_chart";
import { useOpenFunction } from "./flame";
import { BoxStory } from "./frame";
import { clock_text } from "./time_axis";
import { frame_label, useProfile } from "./page";

const kNarrowest = 1e4; // nanoseconds
const kColumnsPerPixel = 1.5;

interface DrawnBox extends Box {
  time: Range;
}

function drawn(rows: TimeBox[][], width: number, columns: number, span: Range): DrawnBox[][] {
  const wide = width / columns;
  const time = (column: number): number => span.from_ns + (column / columns) * (span.to_ns - span.from_ns);
  return rows.map((row) => row.map(({ from, to, group }) => ({ x: from * wide, width: (to - from) * wide, item: group, time: { from_ns: time(from), to_ns: time(to) } })));
}

function zoomed(span: Range, whole: Range, share: number, factor: number): Range {
  const width = Math.min(whole.to_ns - whole.from_ns, Math.max(kNarrowest, (span.to_ns - span.from_ns) * factor));
  const middle = span.from_ns + share * (span.to_ns - span.from_ns);
  const from_ns = Math.max(whole.from_ns, Math.min(whole.to_ns - width, middle - share * width));
  return { from_ns, to_ns: from_ns + width };
}

export function TimeChart({ thread }: { thread: number }) {
  const { profile, picked, found } = useProfile();
  const open_function = useOpenFunction();
  const { groups, pick } = picked;
  const whole = useMemo((): Range => pick.range ?? { from_ns: 0, to_ns: profile.end_ns }, [picked]);
  const [span, set_span] = useState(whole);
  useEffect(() => set_span(whole), [whole, thread]);
  const colors = flame_colors(profile);
  const frame_of = (item: number): number => groups.frame[item] as number;
  const color_of = useMemo(() => ({ item }: Box, dark: boolean) => colors.of(frame_of(item), found, dark), [groups, found]);
  const rows = (width: number): DrawnBox[][] => {
    const columns = Math.max(1, Math.round(width * kColumnsPerPixel));
    return drawn(boxes_of(groups, columns_of(profile, groups, thread, span, columns, pick)), width, columns, span);
  };
  return (
    <>
      <BoxChart
        rows={rows}
        changes={[picked, thread, span]}
        label="Stacks in the order of time"
        class="flame"
        color_of={color_of}
        text_of={({ item }) => frame_label(profile, frame_of(item))}
        tip_of={(box) => {
          const { from_ns, to_ns } = (box as DrawnBox).time;
          return (
            <BoxStory frame={frame_of(box.item)} self={picked.weights.self[box.item] as number} total={picked.weights.total[box.item] as number}>
              <p class="figure muted">{`here ${format_duration(to_ns - from_ns)}, from ${clock_text(from_ns)}`}</p>
            </BoxStory>
          );
        }}
        open={(box) => set_span((box as DrawnBox).time)}
        leave={() => set_span(whole)}
        on_other_key={(key, box) => {
          if (key === "0") set_span(whole);
          else if (key === "+" || key === "=") set_span(zoomed(span, whole, 0.5, 1 / 1.5));
          else if (key === "-") set_span(zoomed(span, whole, 0.5, 1.5));
          else if (box && (key === "s" || key === "o")) open_function(frame_of(box.item), key === "s" ? "sandwich" : "source");
          else return false;
          return true;
        }}
        on_wheel={(event, share) => {
          if (!event.ctrlKey && !event.metaKey) return false;
          set_span(zoomed(span, whole, share, event.deltaY > 0 ? 1.3 : 1 / 1.3));
          return true;
        }}
      />
      <div class="under-chart">
        <p class="figure muted">{`${clock_text(span.from_ns)} \u2013 ${clock_text(span.to_ns)}`}</p>
        {(span.from_ns !== whole.from_ns || span.to_ns !== whole.to_ns) && <button type="button" class="button small" onClick={() => set_span(whole)}>Show all (0)</button>}
      </div>
    </>
  );
}
