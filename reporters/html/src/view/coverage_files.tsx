// The covered files, as a tree of folders or as a list.
import { useMemo, useState } from "preact/hooks";
import { coverage_key, row_of, type CoverageColumn, type CoverageRow } from "../data/coverage";
import { sorted, type Order } from "../data/order";
import { link_to_file } from "../data/route";
import { first_open, is_folder, tree_of, visible_tree, type FolderNode, type TreeRow } from "../data/tree";
import type { CoverageReport } from "../data/model";
import { format_count, kDash, plural } from "../text/format";
import { inert_line } from "../text/inert";
import { PercentBar, RatioText } from "./bar";
import { Icon } from "./icon";
import { SortHead } from "./sort_head";
import { Line } from "./text";
import { VirtualTable } from "./virtual_table";

const kFirstRows = 60;

function Cells({ row, toggle, flat }: { row: TreeRow; toggle: (path: string) => void; flat: boolean }) {
  const { node, depth, open } = row;
  const folder = is_folder(node);
  const name = folder ? node.name : flat ? node.path : node.path.slice(node.path.lastIndexOf("/") + 1);
  return (
    <>
      <th scope="row" class="name" style={{ paddingLeft: `${12 + depth * 18}px` }}>
        {folder ? (
          <button type="button" class="disclose" aria-expanded={open} onClick={() => toggle(node.path)}>
            <Icon name="right" /><Line text={name} /><span class="count">{format_count(node.count)}</span>
          </button>
        ) : (
          <a class={flat ? "" : "leaf"} href={link_to_file(node.path)} title={inert_line(node.path)}><Line text={name} /></a>
        )}
      </th>
      <td><PercentBar ratio={node.basis} /></td>
      <td class="number"><span class={node.missed ? "figure" : "figure zero"}>{node.missed === null ? kDash : format_count(node.missed)}</span></td>
      <td class="number wide-cell"><RatioText ratio={node.lines} /></td>
      <td class="number wide-cell"><RatioText ratio={node.branches} /></td>
      <td class="number wide-cell"><RatioText ratio={node.functions} /></td>
    </>
  );
}

function key_of(node: FolderNode | CoverageRow, column: CoverageColumn): string | number | null {
  if (column === "path") return is_folder(node) ? `0${node.name}` : `1${node.path}`;
  return coverage_key(node, column);
}

export function CoverageFiles({ coverage }: { coverage: CoverageReport }) {
  const [text, set_text] = useState("");
  const [flat, set_flat] = useState(false);
  const [order, set_order] = useState<Order<CoverageColumn>>({ column: "path", descending: false });
  const rows = useMemo(() => coverage.files.map((file) => row_of(file, coverage.basis)), [coverage]);
  const wanted = text.toLowerCase();
  const found = useMemo(() => rows.filter((row) => row.path.toLowerCase().includes(wanted)), [rows, wanted]);
  const root = useMemo(() => tree_of(found), [found]);
  const [toggled, set_toggled] = useState<ReadonlySet<string>>(new Set());
  const open = useMemo(() => {
    const all = first_open(root, kFirstRows);
    for (const path of toggled) if (!all.delete(path)) all.add(path);
    return all;
  }, [root, toggled]);
  const shown = useMemo((): TreeRow[] => {
    if (flat) return sorted(found, order, key_of).map((node) => ({ depth: 0, node, open: false }));
    return visible_tree(root, open, (nodes) => sorted(nodes, order, key_of));
  }, [found, root, open, order, flat]);
  const toggle = (path: string): void =>
    set_toggled((now) => {
      const next = new Set(now);
      if (!next.delete(path)) next.add(path);
      return next;
    });
  const head = { order, set_order };
  return (
    <>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="search">
          <span class="sr-only">Filter files by path</span>
          <input type="search" placeholder="Filter files (press /)" value={text} spellcheck={false} onInput={(event) => set_text(event.currentTarget.value)} />
        </label>
        <span class="chips" role="group" aria-label="Arrangement">
          <button type="button" class="chip" aria-pressed={!flat} onClick={() => set_flat(false)}>Tree</button>
          <button
            type="button"
            class="chip"
            aria-pressed={flat}
            onClick={() => {
              set_flat(true);
              if (order.column === "path") set_order({ column: "missed", descending: true });
            }}
          >
            List
          </button>
        </span>
        <output class="found">{`${format_count(found.length)} of ${plural(rows.length, "file")}`}</output>
      </form>
      <VirtualTable
        rows={shown}
        label="Covered files"
        class="files-table"
        place="coverage"
        key_of={(row) => (is_folder(row.node) ? `${row.node.path}/` : row.node.path)}
        empty="No file matches the filter."
        columns={
          <>
            <col class="col-name" />
            <col class="col-percent" />
            <col class="col-number" />
            <col class="col-ratio wide-cell" />
            <col class="col-ratio wide-cell" />
            <col class="col-ratio wide-cell" />
          </>
        }
        head={
          <>
            <SortHead {...head} column="path" label="File" />
            <SortHead {...head} column="percent" label="Covered" />
            <SortHead {...head} column="missed" label="Missed" class="number" descending_first />
            <SortHead {...head} column="lines" label="Lines" class="number wide-cell" />
            <SortHead {...head} column="branches" label="Branches" class="number wide-cell" />
            <SortHead {...head} column="functions" label="Functions" class="number wide-cell" />
          </>
        }
        cells={(row) => <Cells row={row} toggle={toggle} flat={flat} />}
      />
    </>
  );
}
