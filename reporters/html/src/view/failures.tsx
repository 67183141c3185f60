// What went wrong: suites that could not finish, then the failed tests, together where their messages say the same.
import { useMemo, useState } from "preact/hooks";
import { hash_of, link_to_suite } from "../data/route";
import { group_failures, type FailureGroup } from "../data/similar";
import type { TestRow } from "../data/tests";
import type { SuiteReport } from "../data/model";
import { format_count, plural } from "../text/format";
import { OutcomeBadge, StatusBadge } from "./badge";
import { Command } from "./copy";
import { Evidence, Message } from "./evidence";
import { Duration } from "./figure";
import { usePage, useSection } from "./page";
import { Line, Output } from "./text";

const kFirst = 12;
const kStep = 50;
const kMembers = 6;
const kOpen = 3; // groups whose stack is open from the start

export function is_broken(suite: SuiteReport): boolean {
  return suite.status === "broken" || suite.status === "crashed" || suite.status === "limit" || suite.status === "unavailable";
}

function BrokenSuite({ suite }: { suite: SuiteReport }) {
  const step = suite.steps.find(({ meaning, ending }) => meaning === "broken" || meaning === "crashed" || meaning === "usage" || ending !== "exited");
  return (
    <article class="failure">
      <h3>
        <StatusBadge status={suite.status} />
        <a href={link_to_suite(suite.suite.id)}><Line text={suite.suite.id} /></a>
      </h3>
      <p class="failure-reason"><Line text={suite.status_reason || suite.suite.tool.problem} /></p>
      {step?.output_tail && <Output text={step.output_tail} label={`End of the output of ${step.name}`} links />}
    </article>
  );
}

function Member({ row }: { row: TestRow }) {
  return (
    <li>
      <a href={hash_of({ view: "tests", test: row.id })}><Line text={row.title} /></a>
      <span class="where"><Line mono text={row.place} /><Duration ns={row.duration_ns} reason={row.duration_reason} /></span>
    </li>
  );
}

function FirstEvidence({ row, open }: { row: TestRow; open: boolean }) {
  const section = useSection("rh-evidence");
  const attempt = section.state === "ready" ? section.data.items[row.index]?.at(-1) : undefined;
  return (
    <>
      <Message text={attempt?.message ?? row.message} />
      {attempt && <Evidence attempt={attempt} open={open ? "stack" : "none"} />}
    </>
  );
}

function FailedGroup({ group, open }: { group: FailureGroup; open: boolean }) {
  const [row, ...others] = group.rows;
  if (!row) return null;
  return (
    <article class="failure">
      <h3>
        <OutcomeBadge outcome={row.outcome} group={row.group} />
        <a href={hash_of({ view: "tests", test: row.id })}><Line text={row.title} /></a>
        <span class="where">
          <Line mono text={row.place} />
          <Line text={row.suite.suite.id} />
          <Duration ns={row.duration_ns} reason={row.duration_reason} />
          {row.attempts > 1 && <span>{plural(row.attempts, "attempt")}</span>}
        </span>
      </h3>
      <FirstEvidence row={row} open={open} />
      {row.rerun !== undefined && <Command command={row.rerun} />}
      {others.length > 0 && (
        <details class="alike" open={others.length <= kMembers}>
          <summary>{`${plural(others.length, "more test")} failed alike`}</summary>
          <ul>
            {others.slice(0, kMembers).map((other) => <Member key={other.index} row={other} />)}
          </ul>
          {others.length > kMembers && <p><a href={hash_of({ view: "tests", q: "status:failed", group: "failure" })}>{`All ${format_count(group.rows.length)} in the table`}</a></p>}
        </details>
      )}
    </article>
  );
}

export function Failures() {
  const { report, table } = usePage();
  const [shown, set_shown] = useState(kFirst);
  const groups = useMemo(() => group_failures(table.rows.filter((row) => row.group === "failed")), [table]);
  const rest = groups.length - shown;
  return (
    <>
      {report.suites.filter(is_broken).map((suite) => <BrokenSuite key={suite.suite.id} suite={suite} />)}
      {groups.slice(0, shown).map((group, i) => <FailedGroup key={group.shape} group={group} open={i < kOpen} />)}
      {rest > 0 && (
        <button type="button" class="button more" onClick={() => set_shown(shown + kStep)}>
          {`Show ${format_count(Math.min(kStep, rest))} more of ${format_count(rest)} groups of failures`}
        </button>
      )}
    </>
  );
}
