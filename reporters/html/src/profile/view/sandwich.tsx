// One function between who calls it (above) and what it calls (below), merged over all places.
import { useMemo, useState } from "preact/hooks";
import { VirtualTable } from "../../view/virtual_table";
import { callees_of, callers_of } from "../data/tree";
import { FlameChart } from "./flame_chart";
import { Nothing, useOpenFunction } from "./flame";
import { KindName, PlaceLink } from "./frame";
import { format_share, format_weight, frame_label, link, useProfile } from "./page";

function Choice({ chosen }: { chosen: number }) {
  const { profile, picked, found, route } = useProfile();
  const rows = useMemo(() => picked.functions.filter(({ frame }) => !found || found[frame] === 1).sort((a, b) => b.total - a.total || b.self - a.self), [picked, found]);
  return (
    <VirtualTable
      rows={rows}
      label="Functions by total time"
      class="choice-table"
      place="sandwich"
      key_of={({ frame }) => frame}
      class_of={({ frame }) => (frame === chosen ? "chosen-row" : "")}
      follow={rows.findIndex(({ frame }) => frame === chosen)}
      empty="The search finds no function in what is looked at."
      columns={<><col /><col class="col-number" /><col class="col-number" /></>}
      head={<><th scope="col">Function</th><th scope="col" class="number">Total</th><th scope="col" class="number">Self</th></>}
      cells={({ frame, self, total }) => (
        <>
          <th scope="row" class="name"><a href={link(route, { view: "sandwich", fn: String(frame) })} aria-current={frame === chosen ? "true" : undefined}><bdi class="mono">{frame_label(profile, frame)}</bdi></a></th>
          <td class="number figure">{format_share(total / (picked.sum || 1))}</td>
          <td class="number figure">{format_share(self / (picked.sum || 1))}</td>
        </>
      )}
    />
  );
}

function Between({ frame }: { frame: number }) {
  const { profile, picked, go } = useProfile();
  const open_function = useOpenFunction();
  const [zoom_up, set_zoom_up] = useState(0);
  const [zoom_down, set_zoom_down] = useState(0);
  const callers = useMemo(() => callers_of(picked.groups, picked.weights, frame, profile.frames.count), [picked, frame]);
  const callees = useMemo(() => callees_of(picked.groups, picked.weights, frame, profile.frames.count), [picked, frame]);
  const total = callees.total(0);
  const self = picked.functions.find((row) => row.frame === frame)?.self ?? 0;
  const { measure } = picked.pick;
  if (total <= 0) return <p class="empty-state">{`${frame_label(profile, frame)} has no part in what is looked at.`}</p>;
  const of_function = (item: number, tree: typeof callers) => <p class="figure">{`${format_share(tree.total(item) / total)} of this function`}</p>;
  return (
    <div class="sandwich">
      <header class="sandwich-head">
        <h2><bdi class="mono">{frame_label(profile, frame)}</bdi></h2>
        <p><KindName frame={frame} /> <PlaceLink frame={frame} /></p>
        <p class="figure">{`${format_share(total / picked.sum)} total, ${format_weight(measure, total)} \u00b7 ${format_share(self / picked.sum)} self, ${format_weight(measure, self)}`}</p>
      </header>
      <h3>Called by</h3>
      {callers.children(0).length === 0
        ? <p class="empty">Nothing calls it: it is the first function of its stacks.</p>
        : <FlameChart tree={callers} zoom={zoom_up} set_zoom={set_zoom_up} up label="Callers" class="half" open_function={open_function} story={(item) => of_function(item, callers)} />}
      <h3>Calls</h3>
      <FlameChart tree={callees} zoom={zoom_down} set_zoom={set_zoom_down} label="Callees" class="half" open_function={open_function} story={(item) => of_function(item, callees)} />
      <p class="chart-note muted">
        {(zoom_up !== 0 || zoom_down !== 0) && <button type="button" class="button small" onClick={() => { set_zoom_up(0); set_zoom_down(0); }}>Show all</button>}
        {" A function that calls itself counts once in each stack. In a box, "}<kbd>s</kbd>{" makes it the middle, "}<kbd>o</kbd>{" opens its source. "}
        <button type="button" class="link" onClick={() => go({ view: "flame" })}>Flame graph</button>
      </p>
    </div>
  );
}

export function Sandwich() {
  const { picked, route, profile } = useProfile();
  const heaviest = useMemo(() => picked.functions.reduce((best, row) => (row.self > best.self ? row : best), { frame: -1, self: -1, total: 0 }).frame, [picked]);
  const wanted = Number(route.fn ?? NaN);
  const frame = Number.isInteger(wanted) && wanted >= 0 && wanted < profile.frames.count ? wanted : heaviest;
  if (picked.functions.length === 0) return <Nothing />;
  return (
    <>
      <h1 class="sr-only">Callers and callees</h1>
      <div class="sandwich-body">
        <Between key={frame} frame={frame} />
        <aside class="choice"><Choice chosen={frame} /></aside>
      </div>
    </>
  );
}

