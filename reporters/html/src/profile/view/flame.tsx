// The flame graph: all stacks as boxes, merged by function (heaviest first, or by name), or in the order of time.
import { useEffect, useMemo, useState } from "preact/hooks";
import { format_duration } from "../../text/format";
import { busiest_thread } from "../data/time_order";
import { is_time } from "../data/pick";
import { profile_tree, type Order } from "../data/tree";
import { FlameChart } from "./flame_chart";
import { format_share, format_weight, frame_label, frame_place, link, thread_name, useProfile } from "./page";
import { TimeChart } from "./time_chart";

const kOrders = ["left-heavy", "by-name", "time"] as const;
const kOrderNames: Record<(typeof kOrders)[number], string> = { "left-heavy": "Heaviest first", "by-name": "By name", time: "Order of time" };

export function useOpenFunction(): (frame: number, what: "sandwich" | "source") => void {
  const { profile, go } = useProfile();
  return (frame, what) => {
    const { frames } = profile;
    const file = frames.files[frames.file[frame] as number] as string;
    if (what === "sandwich") go({ view: "sandwich", fn: String(frame) });
    else if (file !== "") go({ view: "source", file, line: String(frames.line[frame] || 1) });
  };
}

function Chosen({ frame, self, total }: { frame: number; self: number; total: number }) {
  const { profile, picked, route } = useProfile();
  const { frames } = profile;
  const file = frame < 0 ? "" : (frames.files[frames.file[frame] as number] as string);
  return (
    <div class="chosen-box">
      <p>
        <bdi class="mono chosen-name">{frame_label(profile, frame)}</bdi> <bdi class="mono muted">{frame_place(profile, frame)}</bdi>
      </p>
      <p class="figure">{`${format_share(total / (picked.sum || 1))} total (${format_weight(picked.pick.measure, total)}) \u00b7 ${format_share(self / (picked.sum || 1))} self`}</p>
      {frame >= 0 && (
        <p class="chosen-links">
          <a href={link(route, { view: "sandwich", fn: String(frame) })}>Callers and callees</a>
          {file !== "" && <a href={link(route, { view: "source", file, line: String(frames.line[frame] || 1) })}>Source</a>}
        </p>
      )}
    </div>
  );
}

function Merged({ order }: { order: Order }) {
  const { profile, picked } = useProfile();
  const open_function = useOpenFunction();
  const [zoom, set_zoom] = useState(0);
  const tree = useMemo(() => profile_tree(picked.groups, picked.weights, order, profile.frames.names), [picked, order]);
  useEffect(() => set_zoom(0), [picked.groups]);
  const shown = zoom < picked.groups.count && tree.total(zoom) > 0 ? zoom : 0;
  return (
    <>
      <FlameChart tree={tree} zoom={shown} set_zoom={set_zoom} label="Flame graph" class="flame" open_function={open_function} />
      <div class="under-chart">
        <Chosen frame={tree.frame(shown)} self={tree.self(shown)} total={tree.total(shown)} />
        {shown !== 0 && <button type="button" class="button small" onClick={() => set_zoom(0)}>Show all (0)</button>}
      </div>
    </>
  );
}

function InTime() {
  const { profile, picked } = useProfile();
  const thread = useMemo(() => picked.pick.thread ?? busiest_thread(profile, picked.pick), [picked]);
  if (!is_time(picked.pick.measure)) return <p class="empty">Allocations have no order of time: choose CPU or wall time above.</p>;
  if (thread < 0) return <p class="empty">There is no thread to show.</p>;
  const { slice_ns } = profile.overview.kept;
  return (
    <>
      <p class="muted chart-note">
        {`${thread_name(profile, thread)} of ${profile.threads.length}`}
        {picked.pick.thread === null && profile.threads.length > 1 && ", the busiest: choose another one above"}
        {slice_ns > 0 && `. Equal stacks within ${format_duration(slice_ns)} were merged to keep this page small, so the order within is not shown`}.
      </p>
      <TimeChart thread={thread} />
    </>
  );
}

export function Flame() {
  const { route, go, picked, profile, found } = useProfile();
  const order = kOrders.find((name) => name === route.order) ?? "left-heavy";
  return (
    <>
      <h1 class="sr-only">Flame graph</h1>
      <div class="chart-tools">
        <span class="chips" role="group" aria-label="Order">
          {kOrders.map((name) => (
            <button key={name} type="button" class="chip" aria-pressed={order === name} onClick={() => go({ order: name === "left-heavy" ? undefined : name }, "replace")}>{kOrderNames[name]}</button>
          ))}
        </span>
        {found && <span class="legend"><span><i class="swatch swatch-found" aria-hidden="true" />found</span><span><i class="swatch swatch-not-found" aria-hidden="true" />not found</span></span>}
      </div>
      {picked.sum <= 0 && order !== "time" ? <Nothing /> : order === "time" ? <InTime /> : <Merged order={order} />}
      {picked.invisible > 0 && order !== "time" && <p class="muted chart-note">{`${format_share(picked.invisible / picked.sum)} has no frame of a kind that is shown; it is in "all" alone.`}</p>}
      {profile.overview.kept.nodes_left_out > 0 && <p class="muted chart-note">{`Stacks below ${format_share(profile.overview.kept.rare_share)} count for their callers, to keep this page small.`}</p>}
    </>
  );
}

export function Nothing() {
  const { picked, profile } = useProfile();
  const { range, process, thread, measure } = picked.pick;
  const narrowed = range !== null || process !== null || thread !== null || picked.nodes.idle > 0;
  const reason = profile.overview.kept.samples === 0 ? "No samples were taken: the program ended too soon, or nothing that can be profiled ran. The warnings of the overview say more." : measure === "cpu" ? "No CPU time was sampled. Wall time may show what was waited for." : "No samples.";
  return <p class="empty-state">{narrowed ? "Nothing was sampled in what is chosen above." : reason}</p>;
}
