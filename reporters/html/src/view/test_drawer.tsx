// One test: where it is, how to run it again, and each attempt with its figures and output.
import { link_to } from "../data/route";
import type { TestRow } from "../data/tests";
import type { Attempt, Figure } from "../data/model";
import { format_duration } from "../text/format";
import { OutcomeBadge } from "./badge";
import { Command } from "./copy";
import { Evidence } from "./evidence";
import { Duration, FigureText, story_of } from "./figure";
import { Line } from "./text";
import { Drawer } from "./drawer";

function Told({ name, figure, kind }: { name: string; figure: Figure; kind: "bytes" | "duration" }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <FigureText figure={figure} kind={kind} />
        <span class="story"><Line text={story_of(figure).replaceAll("\n", " \u00b7 ")} /></span>
      </dd>
    </div>
  );
}

function AttemptView({ attempt, alone }: { attempt: Attempt; alone: boolean }) {
  return (
    <section class="attempt">
      {!alone && <h3>{`Attempt ${attempt.number}`} <OutcomeBadge outcome={attempt.outcome} /></h3>}
      <dl class="pairs">
        <div>
          <dt>Duration</dt>
          <dd>
            <Duration ns={attempt.duration_ns} reason={attempt.duration_reason} />
            {attempt.start_ns !== null && <span class="story">{`began ${format_duration(attempt.start_ns)} into the run`}</span>}
          </dd>
        </div>
        <Told name="CPU" figure={attempt.usage.cpu_ns} kind="duration" />
        <Told name="Peak memory" figure={attempt.usage.peak_memory_bytes} kind="bytes" />
        {attempt.pid > 0 && <div><dt>Process</dt><dd class="figure">{attempt.pid}</dd></div>}
      </dl>
      <Evidence attempt={attempt} open />
    </section>
  );
}

export function TestDrawer({ row, command, close }: { row: TestRow; command: string | undefined; close: () => void }) {
  const { test, attempts } = row.record;
  return (
    <Drawer close={close} title={<><OutcomeBadge outcome={row.outcome} flaky={row.group === "flaky"} /> <Line text={row.title} /></>}>
      <dl class="pairs">
        {row.place && <div><dt>File</dt><dd><Line mono text={row.place} /></dd></div>}
        <div><dt>Suite</dt><dd><a href={link_to("suite", row.suite.suite.id)}><Line text={row.suite.suite.id} /></a></dd></div>
        {test.classname && <div><dt>Class</dt><dd><Line text={test.classname} /></dd></div>}
        {test.parent && <div><dt>Part of</dt><dd><Line text={test.parent} /></dd></div>}
        <div><dt>Id</dt><dd><Line mono text={test.id} /></dd></div>
      </dl>
      {command !== undefined && <Command command={command} />}
      {[...attempts].reverse().map((attempt) => <AttemptView key={attempt.number} attempt={attempt} alone={attempts.length === 1} />)}
    </Drawer>
  );
}
