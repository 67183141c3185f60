// Coverage of the run or of one suite: totals, what the patch changes, and the files as a tree or a list.
import { useMemo } from "preact/hooks";
import { is_empty, kCategories, total_of_basis } from "../data/coverage";
import { format_ranges } from "../data/ranges";
import { link_to_file } from "../data/route";
import type { CoverageReport, CoverageTotals, PatchFile, PatchReport, Report } from "../data/model";
import { format_count, format_percent, plural, words } from "../text/format";
import { inert_line } from "../text/inert";
import { PercentBar, RatioText } from "./bar";
import { CoverageFiles } from "./coverage_files";
import { FileView } from "./file_view";
import { usePage, useSection } from "./page";
import { Line } from "./text";

const kRatios = ["lines", "branches", "functions", "statements", "regions"] as const;

function Delta({ now, before }: { now: CoverageTotals; before: CoverageTotals | undefined }) {
  const change = now.lines && before?.lines && now.lines.found > 0 && before.lines.found > 0
    ? (100 * now.lines.hit) / now.lines.found - (100 * before.lines.hit) / before.lines.found : null;
  if (change === null || Math.abs(change) < 0.005) return null;
  return <span class={`delta ${change > 0 ? "good" : "bad"}`}>{`${change > 0 ? "+" : "\u2212"}${Math.abs(change).toFixed(2)} points of lines against the base`}</span>;
}

export function Totals({ totals, basis = "" }: { totals: CoverageTotals; basis?: string }) {
  return (
    <dl class="totals">
      {kRatios.map(
        (name) => totals[name] && (
          <div key={name}>
            <dt>{name}{basis.split("+").includes(name) && <span class="basis" title="the ratio that the ecosystem's own tool quotes">basis</span>}</dt>
            <dd><PercentBar ratio={totals[name]} /> <RatioText ratio={totals[name]} /></dd>
          </div>
        ),
      )}
    </dl>
  );
}

function Categories({ patch }: { patch: PatchReport }) {
  const { line_categories: lines, branch_categories: branches } = patch;
  if (!lines || is_empty(lines)) {
    const reason = lines ? "no line of a covered file changed its state" : patch.categories_reason;
    return reason ? <p class="muted"><Line text={`Compared with the base: ${reason}.`} /></p> : null;
  }
  const shown = kCategories.filter(({ name }) => lines[name] > 0 || (branches?.[name] ?? 0) > 0);
  return (
    <table class="plain categories">
      <thead>
        <tr><th scope="col" colSpan={2}>Compared with the base</th><th scope="col" class="number">Lines</th>{branches && <th scope="col" class="number">Branches</th>}</tr>
      </thead>
      <tbody>
        {shown.map(({ name, meaning, bad }) => (
          <tr key={name}>
            <td><code>{name}</code></td>
            <td>{meaning}</td>
            <td class={bad && lines[name] > 0 ? "number bad-text" : "number"}>{format_count(lines[name])}</td>
            {branches && <td class={bad && branches[name] > 0 ? "number bad-text" : "number"}>{format_count(branches[name])}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function uncovered_of(runs: readonly number[] | undefined): { from: number; to: number }[] {
  const ranges = [];
  for (let i = 0; i + 2 < (runs?.length ?? 0); i += 3)
    if ((runs?.[i + 2] ?? 0) === kUncovered) ranges.push({ from: runs?.[i] as number, to: runs?.[i + 1] as number });
  return ranges;
}
const kUncovered = 2;
const kMaxPatchFiles = 100;

function PatchRow({ file, runs, known }: { file: PatchFile; runs: readonly number[] | undefined; known: boolean }) {
  const uncovered = uncovered_of(runs);
  const [first] = uncovered;
  return (
    <tr>
      <th scope="row">
        {known ? <a href={link_to_file(file.path, first?.from ?? runs?.[0])}><Line mono text={file.path} /></a> : <Line mono text={file.path} />}
        {file.old_path && file.old_path !== file.path && <span class="muted"> from <Line mono text={file.old_path} /></span>}
      </th>
      <td>{words(file.kind)}</td>
      <td>
        {file.line_ratio && file.line_ratio.found > 0 ? <PercentBar ratio={file.line_ratio} />
          : <span class={file.source && !file.measured ? "bad-text" : "muted"}>{file.source ? (file.measured ? "no code changed" : "in no coverage report") : "not a source file"}</span>}
      </td>
      <td class="number"><RatioText ratio={file.line_ratio} /></td>
      <td class="number wide-cell"><RatioText ratio={file.branch_ratio} /></td>
      <td class="figure uncovered">{uncovered.length > 0 && <span class="bad-text">{format_ranges(uncovered)}</span>}</td>
    </tr>
  );
}

function Patch({ patch, report }: { patch: PatchReport; report: Report }) {
  const section = useSection("rh-coverage");
  const runs = section.state === "ready" ? section.data.patch : {};
  const known = useMemo(() => new Set(report.coverage.files.map((file) => file.path)), [report]);
  const worth = (file: PatchFile): number => (file.line_ratio ? file.line_ratio.found - file.line_ratio.hit : 0) + Number(file.source && !file.measured) * 1e6;
  const files = [...patch.files].sort((a, b) => worth(b) - worth(a));
  return (
    <section class="patch" aria-labelledby="patch-title">
      <h2 id="patch-title">
        Patch
        <span class="note">
          <Line text={`against ${patch.base || "the base"}`} /> <Line mono text={patch.merge_base.slice(0, 12)} />
          {patch.dirty && ", with uncommitted changes"}
        </span>
      </h2>
      <dl class="totals">
        <div><dt>changed lines</dt><dd><PercentBar ratio={patch.lines} /> <RatioText ratio={patch.lines} /></dd></div>
        {patch.branches && patch.branches.found > 0 && <div><dt>branches on them</dt><dd><PercentBar ratio={patch.branches} /> <RatioText ratio={patch.branches} /></dd></div>}
      </dl>
      {files.length === 0 ? <p class="empty">The patch changes no file.</p> : (
        <div class="table-box" tabIndex={0} role="region" aria-label="Files of the patch, scrolls sideways">
          <table class="patch-table">
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col">Change</th>
                <th scope="col">Covered</th>
                <th scope="col" class="number">Lines</th>
                <th scope="col" class="number wide-cell">Branches</th>
                <th scope="col">Not covered</th>
              </tr>
            </thead>
            <tbody>
              {files.slice(0, kMaxPatchFiles).map((file) => <PatchRow key={file.path} file={file} runs={runs[file.path]} known={known.has(file.path)} />)}
            </tbody>
          </table>
          {files.length > kMaxPatchFiles && <p class="empty">{`${format_count(files.length - kMaxPatchFiles)} more files`}</p>}
        </div>
      )}
      <Categories patch={patch} />
    </section>
  );
}

function Paths({ paths, children }: { paths: readonly string[]; children: string }) {
  if (paths.length === 0) return null;
  return (
    <details class="unresolved">
      <summary>{children}</summary>
      <ul>{paths.map((path) => <li key={path}><Line mono text={path} /></li>)}</ul>
    </details>
  );
}

function chosen_coverage(report: Report, suite: string | undefined): { coverage: CoverageReport; of_suites: Report["suites"] } {
  const of_suites = report.suites.filter((candidate) => candidate.coverage.files.length > 0);
  const coverage = of_suites.find((candidate) => candidate.suite.id === suite)?.coverage ?? report.coverage;
  return { coverage, of_suites };
}

function Overview() {
  const { report, route, go } = usePage();
  const { coverage, of_suites } = chosen_coverage(report, route.of);
  const total = total_of_basis(coverage);
  if (!total && coverage.files.length === 0)
    return (
      <>
        <h1 class="view-title">Coverage</h1>
        <div class="empty-state">
          <p><Line text={coverage.reason || "No coverage was collected."} /></p>
          {report.suites.filter((suite) => suite.coverage.reason).map((suite) => (
            <p key={suite.suite.id} class="muted"><Line text={suite.suite.id} />: <Line text={suite.coverage.reason} /></p>
          ))}
        </div>
      </>
    );
  return (
    <>
      <div class="view-head">
        <h1 class="view-title">Coverage{total && <span class="view-figure">{format_percent(total.hit, total.found)}</span>}</h1>
        <Delta now={coverage.totals} before={route.of === undefined ? report.base?.coverage : undefined} />
        {of_suites.length > 1 && (
          <label class="of-suite">
            Of{" "}
            <select value={route.of ?? ""} onChange={(event) => go({ of: event.currentTarget.value || undefined }, "replace")}>
              <option value="">the whole run</option>
              {of_suites.map((candidate) => <option key={candidate.suite.id} value={candidate.suite.id}>{inert_line(candidate.suite.id)}</option>)}
            </select>
          </label>
        )}
      </div>
      <Totals totals={coverage.totals} basis={coverage.basis} />
      {report.patch && <Patch patch={report.patch} report={report} />}
      <section>
        <h2>Files</h2>
        <CoverageFiles key={route.of ?? ""} coverage={coverage} />
      </section>
      <Paths paths={coverage.unresolved}>{`${plural(coverage.unresolved.length, "path")} in the coverage data that no file of the repository matches`}</Paths>
      <Paths paths={coverage.divergent}>{`${plural(coverage.divergent.length, "file")} whose data comes of different texts`}</Paths>
    </>
  );
}

export function Coverage() {
  const { report, route } = usePage();
  if (route.file === undefined) return <Overview />;
  const known = [report.coverage, ...report.suites.map((suite) => suite.coverage)].flatMap((coverage) => coverage.files);
  return <FileView key={route.file} path={route.file} file={known.find((file) => file.path === route.file)} />;
}
