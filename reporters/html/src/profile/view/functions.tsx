// The functions as a table: self and total time, their shares with the 95 % interval, and where they are.
import { useMemo } from "preact/hooks";
import { format_count } from "../../text/format";
import { sorted, type Order } from "../../data/order";
import { SortHead } from "../../view/sort_head";
import { VirtualTable } from "../../view/virtual_table";
import type { FunctionRow, Interval } from "../data/functions";
import { kind_of } from "../data/profile";
import { Nothing } from "./flame";
import { FunctionLink, PlaceLink } from "./frame";
import { format_share, format_weight, frame_place, useProfile } from "./page";

const kColumns = ["self", "total", "name", "place", "kind"] as const;
type Column = (typeof kColumns)[number];

function order_of(sort: string | undefined): Order<Column> {
  const column = kColumns.find((name) => name === sort?.replace(/^-/, ""));
  return column ? { column, descending: sort?.startsWith("-") ?? false } : { column: "self", descending: true };
}

export function interval_text({ low, high }: Interval): string {
  const digits = (value: number): string => (value * 100).toFixed(1);
  return `${digits(low)}\u2013${digits(high)} %`;
}

export function Share({ frame, share, of }: { frame: number; share: number; of: "self" | "total" }) {
  const { picked } = useProfile();
  const interval = picked.interval(frame, share, of);
  return (
    <>
      <span class="figure share">{format_share(share)}</span>
      {interval && <span class="interval" title="95 % interval">{interval_text(interval)}</span>}
    </>
  );
}

function Row({ row }: { row: FunctionRow }) {
  const { picked, profile } = useProfile();
  const { measure } = picked.pick;
  const { frame, self, total } = row;
  return (
    <>
      <td class="number share-cell"><span class="meter" style={{ width: `${(100 * self) / (picked.sum || 1)}%` }} /><Share frame={frame} share={self / (picked.sum || 1)} of="self" /></td>
      <td class="number figure time-cell">{format_weight(measure, self)}</td>
      <td class="number share-cell"><span class="meter total" style={{ width: `${(100 * total) / (picked.sum || 1)}%` }} /><Share frame={frame} share={total / (picked.sum || 1)} of="total" /></td>
      <td class="number figure time-cell">{format_weight(measure, total)}</td>
      <th scope="row" class="name"><FunctionLink frame={frame} /></th>
      <td class="kind-cell">{kind_of(profile.frames, frame)}</td>
      <td class="place-cell"><PlaceLink frame={frame} /></td>
    </>
  );
}

export function Functions() {
  const { profile, picked, found, route, go } = useProfile();
  const order = order_of(route.sort);
  const set_order = (next: Order<Column>): void => go({ sort: next.column === "self" && next.descending ? undefined : `${next.descending ? "-" : ""}${next.column}` }, "replace");
  const rows = useMemo(
    () => sorted(picked.functions.filter(({ frame }) => !found || found[frame] === 1), order, (row, column) =>
      column === "name" ? (profile.frames.names[row.frame] as string) : column === "place" ? frame_place(profile, row.frame) || null : column === "kind" ? kind_of(profile.frames, row.frame) : row[column]),
    [picked, found, order.column, order.descending],
  );
  if (picked.functions.length === 0) return <Nothing />;
  const head = { order, set_order };
  return (
    <div class="fill">
      <div class="view-head">
        <h1 class="view-title">Functions</h1>
        <span class="view-figure">{found ? `${format_count(rows.length)} of ${format_count(picked.functions.length)}` : format_count(rows.length)}</span>
        <span class="muted note">{picked.pick.measure === "live" || picked.pick.measure === "allocated" ? "Self: allocated by the function itself; total: also by what it called." : "Self: the function itself ran; total: it or what it called. Beside each share its 95 % interval."}</span>
      </div>
      <VirtualTable
        rows={rows}
        label="Functions"
        class="functions-table"
        place="functions"
        key_of={({ frame }) => frame}
        empty="The search finds no function in what is looked at."
        columns={<><col class="col-share" /><col class="col-time" /><col class="col-share" /><col class="col-time" /><col /><col class="col-kind" /><col class="col-place" /></>}
        head={
          <>
            <SortHead column="self" label="Self" class="number" descending_first {...head} />
            <th scope="col" class="number time-cell">{picked.pick.measure === "live" || picked.pick.measure === "allocated" ? "Bytes" : "Time"}</th>
            <SortHead column="total" label="Total" class="number" descending_first {...head} />
            <th scope="col" class="number time-cell">{picked.pick.measure === "live" || picked.pick.measure === "allocated" ? "Bytes" : "Time"}</th>
            <SortHead column="name" label="Function" {...head} />
            <SortHead column="kind" label="Kind" class="kind-cell" {...head} />
            <SortHead column="place" label="Place" class="place-cell" {...head} />
          </>
        }
        cells={(row) => <Row row={row} />}
      />
    </div>
  );
}
