// Lines of source with the time that was spent in them, and the files with any.
import { useMemo } from "preact/hooks";
import { format_count } from "../../text/format";
import { inert_line } from "../../text/inert";
import { VirtualTable } from "../../view/virtual_table";
import type { FileRow, LineRow } from "../data/lines";
import { Nothing } from "./flame";
import { format_share, format_weight, link, source_path, useProfile, useSources } from "./page";

const kLineHeight = 20; // .listing tbody tr

function Files({ chosen }: { chosen: number }) {
  const { profile, picked, route } = useProfile();
  const { files } = picked.lines;
  return (
    <VirtualTable
      rows={files}
      label="Files by self time"
      class="choice-table"
      place="files"
      key_of={({ file }) => file}
      class_of={({ file }) => (file === chosen ? "chosen-row" : "")}
      follow={files.findIndex(({ file }) => file === chosen)}
      empty="No function of what is looked at has a file."
      columns={<><col /><col class="col-number" /><col class="col-number" /></>}
      head={<><th scope="col">File</th><th scope="col" class="number">Self</th><th scope="col" class="number">Total</th></>}
      cells={({ file, self, total }: FileRow) => {
        const path = profile.frames.files[file] as string;
        const name = path.slice(path.lastIndexOf("/") + 1);
        return (
          <>
            <th scope="row" class="name"><a href={link(route, { view: "source", file: path })} title={inert_line(path)} aria-current={file === chosen ? "true" : undefined}><bdi class="mono">{inert_line(name)}</bdi></a></th>
            <td class="number figure">{format_share(self / (picked.sum || 1))}</td>
            <td class="number figure">{format_share(total / (picked.sum || 1))}</td>
          </>
        );
      }}
    />
  );
}

interface ShownLine {
  line: number;
  text: string | null;
  self: number;
  total: number;
}

// All lines where the text is there, else those that have any time.
function listing_of(rows: readonly LineRow[], text: string | undefined): ShownLine[] {
  const by_line = new Map(rows.map((row) => [row.line, row]));
  const shown = (line: number, content: string | null): ShownLine => ({ line, text: content, self: by_line.get(line)?.self ?? 0, total: by_line.get(line)?.total ?? 0 });
  if (text === undefined) return [...by_line.keys()].filter((line) => line > 0).sort((a, b) => a - b).map((line) => shown(line, null));
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((content, i) => shown(i + 1, content));
}

function heat(share: number): number {
  return share <= 0 ? 0 : Math.min(1, 0.08 + 0.92 * Math.sqrt(share));
}

function Lines({ path, text, problem }: { path: string; text: string | undefined; problem: string }) {
  const { profile, picked, route, go } = useProfile();
  const file = profile.frames.files.indexOf(path);
  const rows = useMemo(() => picked.lines.lines.filter((row) => row.file === file), [picked, file]);
  const listing = useMemo(() => listing_of(rows, text), [rows, text]);
  const most = rows.reduce((best, { self }) => Math.max(best, self), 0);
  const unknown = rows.find(({ line }) => line === 0);
  const hottest = rows.find(({ line }) => line > 0)?.line;
  const chosen = Number(route.line ?? NaN);
  const { measure } = picked.pick;
  const sum = picked.sum || 1;
  const beyond = text === undefined ? 0 : rows.filter(({ line }) => line > listing.length).length;
  return (
    <>
      {problem && <p class="notice">{problem}</p>}
      {beyond > 0 && <p class="notice">{`${format_count(beyond)} lines with time lie behind the end of this text: the file was changed since, or is not the one that ran.`}</p>}
      {unknown && <p class="muted chart-note">{`${format_share(unknown.self / sum)} self ran in lines that are not known.`}</p>}
      <VirtualTable
        rows={listing}
        label={`Lines of ${inert_line(path)}`}
        class="listing heat-listing"
        row_height={kLineHeight}
        follow={listing.findIndex(({ line }) => line === (Number.isInteger(chosen) ? chosen : hottest))}
        max_printed={2000}
        key_of={({ line }) => line}
        class_of={({ line }) => (line === chosen ? "chosen" : "")}
        empty="No line of this file has any time in what is looked at."
        head={<><th scope="col" class="number">Self</th><th scope="col" class="number">Total</th><th scope="col" class="number">Time</th><th scope="col" class="number">Line</th><th scope="col" class="code">Source</th></>}
        cells={({ line, text: content, self, total }) => {
          const tint = { "--heat": heat(most > 0 ? self / most : 0).toFixed(3) };
          return (
          <>
            <td class="number heat" style={tint}>{self > 0 ? format_share(self / sum) : ""}</td>
            <td class="number total-cell">{total > 0 ? format_share(total / sum) : ""}</td>
            <td class="number total-cell">{self > 0 ? format_weight(measure, self) : ""}</td>
            <td class="number line-number"><button type="button" tabIndex={total > 0 ? 0 : -1} aria-label={`Line ${line}`} onClick={() => go({ line: String(line) }, "replace")}>{line}</button></td>
            <td class="code heat" style={tint}>{content === null ? "" : inert_line(content.replaceAll("\t", "    "))}</td>
          </>
          );
        }}
      />
    </>
  );
}

function problem_of(sources: { reasons: Record<string, string>; left_out: number } | undefined, paths: readonly string[]): string {
  if (!sources) return "";
  const reason = paths.map((path) => sources.reasons[path]).find((text) => text !== undefined);
  if (reason) return `The text of this file is not shown: ${inert_line(reason)}.`;
  if (sources.left_out > 0) return "The text of this file is not in the page: the hottest files come first, and it is kept small. The figures of its lines are below.";
  return "The text of this file is not in the page: only files of the program that could be read are. The figures of its lines are below.";
}

export function Source() {
  const { profile, picked, route } = useProfile();
  const { sources, problem } = useSources();
  const { files } = picked.lines;
  const wanted = route.file !== undefined ? profile.frames.files.indexOf(route.file) : -1;
  const file = wanted >= 0 ? wanted : (files[0]?.file ?? -1);
  if (route.file !== undefined && wanted < 0) return <p class="empty-state">No function of this profile is in {inert_line(route.file)}.</p>;
  if (file < 0) return picked.functions.length === 0 ? <Nothing /> : <p class="empty-state">No function of what is looked at has a file.</p>;
  const path = profile.frames.files[file] as string;
  const paths = source_path(profile.overview, path);
  const text = sources && paths.map((candidate) => sources.files[candidate]).find((content) => content !== undefined);
  const of_file = files.find((row) => row.file === file);
  return (
    <div class="fill">
      <div class="view-head">
        <h1 class="view-title file-title"><bdi class="mono">{inert_line(path)}</bdi></h1>
        {of_file && <span class="view-figure">{`${format_share(of_file.self / (picked.sum || 1))} self \u00b7 ${format_share(of_file.total / (picked.sum || 1))} total`}</span>}
      </div>
      <div class="source-body">
        <div class="source-lines">
          {sources || problem ? <Lines key={path} path={path} text={text || undefined} problem={problem || (text === undefined ? problem_of(sources, paths) : "")} /> : <p class="empty">Reading the sources…</p>}
        </div>
        <aside class="choice"><Files chosen={file} /></aside>
      </div>
    </div>
  );
}
