// What went wrong, first: suites that could not finish, then each failed test with its evidence.
import { useState } from "preact/hooks";
import { link_to } from "../data/route";
import type { TestRow } from "../data/tests";
import type { Report, SuiteReport } from "../data/model";
import { format_count } from "../text/format";
import { OutcomeBadge, StatusBadge } from "./badge";
import { Command } from "./copy";
import { Duration } from "./figure";
import { Evidence } from "./evidence";
import { Line, Output } from "./text";

const kPage = 50;
const kOpen = 20; // failures whose evidence is open from the start

export function is_broken(suite: SuiteReport): boolean {
  return suite.status === "broken" || suite.status === "crashed" || suite.status === "limit" || suite.status === "unavailable";
}

function BrokenSuite({ suite }: { suite: SuiteReport }) {
  const step = suite.steps.find(({ meaning, ending }) => meaning === "broken" || meaning === "crashed" || meaning === "usage" || ending !== "exited");
  return (
    <article class="failure">
      <h3>
        <StatusBadge status={suite.status} />
        <a href={link_to("suite", suite.suite.id)}><Line text={suite.suite.id} /></a>
      </h3>
      <p class="message"><Line text={suite.status_reason || suite.suite.tool.problem} /></p>
      {step?.output_tail && <Output text={step.output_tail} label={`End of the output of ${step.name}`} />}
    </article>
  );
}

function FailedTest({ row, command, open }: { row: TestRow; command: string | undefined; open: boolean }) {
  const { attempts } = row.record;
  return (
    <article class="failure">
      <h3>
        <OutcomeBadge outcome={row.outcome} />
        <a href={link_to("test", row.id)}><Line text={row.title} /></a>
        <span class="where">
          <Line mono text={row.place} />
          <Line text={row.suite.suite.id} />
          <Duration ns={row.duration_ns} reason={row.duration_reason} />
          {attempts.length > 1 && <span>{`${attempts.length} attempts`}</span>}
        </span>
      </h3>
      {attempts.slice(-1).map((attempt) => <Evidence attempt={attempt} open={open} />)}
      {command !== undefined && <Command command={command} />}
    </article>
  );
}

export function Failures({ report, failed }: { report: Report; failed: readonly TestRow[] }) {
  const [shown, set_shown] = useState(kPage);
  const rest = failed.length - shown;
  return (
    <>
      {report.suites.filter(is_broken).map((suite) => <BrokenSuite key={suite.suite.id} suite={suite} />)}
      {failed.slice(0, shown).map((row, i) => (
        <FailedTest key={row.id} row={row} command={report.rerun_commands[row.id]} open={i < kOpen} />
      ))}
      {rest > 0 && (
        <button type="button" class="button more" onClick={() => set_shown(shown + kPage)}>
          {`Show ${format_count(Math.min(kPage, rest))} more of ${format_count(rest)}`}
        </button>
      )}
    </>
  );
}
