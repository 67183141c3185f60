// Covered files as a tree of folders. A folder that holds nothing but one folder is shown as one row with it.
import type { CoverageRow } from "./coverage";
import { sum } from "./coverage";
import type { Ratio } from "./model";

export interface FolderNode {
  kind: "folder";
  path: string; // "src/api", the root is ""
  name: string; // what is shown below its parent: "src/api/" or "api/"
  folders: FolderNode[];
  files: CoverageRow[];
  count: number; // files below it
  basis: Ratio | null;
  lines: Ratio | null;
  branches: Ratio | null;
  functions: Ratio | null;
  missed: number | null;
}

function empty(path: string, name: string): FolderNode {
  return { kind: "folder", path, name, folders: [], files: [], count: 0, basis: null, lines: null, branches: null, functions: null, missed: null };
}

function folder_of(root: FolderNode, known: Map<string, FolderNode>, path: string): FolderNode {
  const found = known.get(path);
  if (found) return found;
  const slash = path.lastIndexOf("/");
  const parent = slash < 0 ? root : folder_of(root, known, path.slice(0, slash));
  const folder = empty(path, `${path.slice(slash + 1)}/`);
  parent.folders.push(folder);
  known.set(path, folder);
  return folder;
}

function add_up(folder: FolderNode): void {
  for (const inner of folder.folders) add_up(inner);
  for (const part of [...folder.folders, ...folder.files]) {
    folder.basis = sum(folder.basis, part.basis);
    folder.lines = sum(folder.lines, part.lines);
    folder.branches = sum(folder.branches, part.branches);
    folder.functions = sum(folder.functions, part.functions);
    folder.count += "kind" in part ? part.count : 1;
  }
  folder.missed = folder.basis ? folder.basis.found - folder.basis.hit : null;
}

function join_chains(folder: FolderNode): void {
  folder.folders = folder.folders.map((inner) => {
    let last = inner;
    let name = inner.name;
    while (last.files.length === 0 && last.folders.length === 1) {
      last = last.folders[0] as FolderNode;
      name += last.name;
    }
    join_chains(last);
    return { ...last, name };
  });
}

export function tree_of(rows: readonly CoverageRow[]): FolderNode {
  const root = empty("", "");
  const known = new Map<string, FolderNode>();
  for (const row of rows) {
    const slash = row.path.lastIndexOf("/");
    (slash < 0 ? root : folder_of(root, known, row.path.slice(0, slash))).files.push(row);
  }
  add_up(root);
  join_chains(root);
  return root;
}

export type TreeRow = { depth: number; node: FolderNode | CoverageRow; open: boolean };

export function is_folder(node: FolderNode | CoverageRow): node is FolderNode {
  return "kind" in node;
}

// The rows that are in sight: the inside of open folders, each folder's parts in the order of `sort`.
export function visible_tree(root: FolderNode, open: ReadonlySet<string>, sort: (nodes: (FolderNode | CoverageRow)[]) => (FolderNode | CoverageRow)[]): TreeRow[] {
  const rows: TreeRow[] = [];
  const visit = (folder: FolderNode, depth: number): void => {
    for (const node of sort([...folder.folders, ...folder.files])) {
      const is_open = is_folder(node) && open.has(node.path);
      rows.push({ depth, node, open: is_open });
      if (is_folder(node) && is_open) visit(node, depth + 1);
    }
  };
  visit(root, 0);
  return rows;
}

// Folders that are open from the start: the first levels, as long as the whole stays short.
export function first_open(root: FolderNode, most_rows: number): Set<string> {
  const open = new Set<string>();
  let level = [...root.folders];
  let rows = root.folders.length + root.files.length;
  while (level.length > 0) {
    const added = level.reduce((count, folder) => count + folder.folders.length + folder.files.length, 0);
    if (rows + added > most_rows && open.size > 0) break;
    if (rows + added > most_rows * 4) break;
    rows += added;
    for (const folder of level) open.add(folder.path);
    level = level.flatMap((folder) => folder.folders);
  }
  return open;
}
