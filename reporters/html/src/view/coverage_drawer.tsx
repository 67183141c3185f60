// One covered file: its ratios, missed and hit lines, functions, and the source where it is known.
import { line_ranges, listing_of } from "../data/coverage";
import { format_ranges } from "../data/ranges";
import type { CoverageFile } from "../data/model";
import { format_count, plural } from "../text/format";
import { PercentBar, RatioText } from "./bar";
import { Drawer } from "./drawer";
import { Fold } from "./fold";
import { Line } from "./text";

const kMaxBranches = 500;

function Ranges({ file }: { file: CoverageFile }) {
  const { missed, hit, partial } = line_ranges(file);
  const partial_ranges = partial.map((line) => ({ from: line, to: line }));
  return (
    <dl class="pairs ranges">
      <div><dt>Missed</dt><dd class={missed.length > 0 ? "figure bad-text" : "figure"}>{format_ranges(missed) || "none"}</dd></div>
      {partial.length > 0 && <div><dt>Partly</dt><dd class="figure warn-text">{format_ranges(partial_ranges)}</dd></div>}
      <div><dt>Hit</dt><dd class="figure">{format_ranges(hit) || "none"}</dd></div>
    </dl>
  );
}

function Functions({ file }: { file: CoverageFile }) {
  if (file.functions.length === 0) return null;
  return (
    <>
      <h3>Functions</h3>
      <table class="plain">
        <thead><tr><th scope="col" class="number">Line</th><th scope="col">Function</th><th scope="col" class="number">Calls</th></tr></thead>
        <tbody>
          {file.functions.map(([name, line, hits]) => (
            <tr key={`${line} ${name}`}>
              <td class="number figure">{line}</td>
              <td><Line mono text={name} /></td>
              <td class={hits === 0 ? "number figure bad-text" : "number figure"}>{format_count(hits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Branches({ file }: { file: CoverageFile }) {
  const missed = file.branches.filter(([, , , taken]) => !taken);
  if (missed.length === 0) return null;
  return (
    <>
      <h3>Branches not taken</h3>
      <table class="plain">
        <thead><tr><th scope="col" class="number">Line</th><th scope="col">Branch</th><th scope="col">Why</th></tr></thead>
        <tbody>
          {missed.slice(0, kMaxBranches).map(([line, block, branch, taken]) => (
            <tr key={`${line} ${block} ${branch}`}>
              <td class="number figure">{line}</td>
              <td><Line mono text={branch} /></td>
              <td>{taken === null ? "never evaluated" : "never taken"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {missed.length > kMaxBranches && <p class="empty">{`${format_count(missed.length - kMaxBranches)} more`}</p>}
    </>
  );
}

function Source({ file }: { file: CoverageFile }) {
  const lines = listing_of(file);
  if (lines.length === 0) return null;
  const class_of = (hits: number | null, partial: boolean): string => (hits === null ? "" : hits === 0 ? "missed" : partial ? "partial" : "hit");
  return (
    <>
      <h3>Source</h3>
      <table class="listing">
        <tbody>
          {lines.map(({ line, hits, partial, text }) => (
            <tr key={line} class={class_of(hits, partial)}>
              <td class="number figure">{line}</td>
              <td class="number figure">{hits === null ? "" : format_count(hits)}</td>
              <td class="code"><Line text={text.replaceAll("\t", "    ")} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

export function CoverageDrawer({ file, close }: { file: CoverageFile; close: () => void }) {
  return (
    <Drawer close={close} title={<Line mono text={file.path} />}>
      <dl class="totals">
        {(["lines", "branches", "functions", "statements"] as const).map(
          (name) => file.totals[name] && (
            <div key={name}>
              <dt>{name}</dt>
              <dd><PercentBar ratio={file.totals[name]} /> <RatioText ratio={file.totals[name]} /></dd>
            </div>
          ),
        )}
      </dl>
      <Ranges file={file} />
      <Source file={file} />
      <Functions file={file} />
      <Branches file={file} />
      {file.lines.length > 0 && (
        <Fold title={`Hits of ${plural(file.lines.length, "line")}`}>
          {() => (
            <p class="line-hits">
              {file.lines.map(([line, hits]) => (
                <span key={line} class={hits === 0 ? "figure bad-text" : "figure"}>{`${line}: ${format_count(hits)}\u00d7`}</span>
              ))}
            </p>
          )}
        </Fold>
      )}
    </Drawer>
  );
}
