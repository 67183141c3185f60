// Everything about one suite: why it is there, its curve, its steps, limits and isolation.
import type { ComponentChildren } from "preact";
import type { Limits, RunnerFinished, StepReport, SuiteReport } from "../data/model";
import { format_argv, format_bytes, format_count, format_duration, plural, signal_name, words } from "../text/format";
import { StateBadge } from "./badge";
import { Chart } from "./chart";
import { Command } from "./copy";
import { FigureText, story_of } from "./figure";
import { Fold } from "./fold";
import { IsolationTable } from "./isolation";
import { SuiteProfileView } from "./test_profile";
import { Line, Output } from "./text";

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function limit_texts(limits: Limits): [string, string][] {
  const or_none = (value: number | null, format: (value: number) => string): string => (value === null ? "unlimited" : format(value));
  return [
    ["Wall time", or_none(limits.wall_ns, format_duration)],
    ["CPU time", or_none(limits.cpu_ns, format_duration)],
    ["CPU cores", or_none(limits.cpus ?? null, String)],
    ["Memory", or_none(limits.memory_bytes, format_bytes)],
    ["Processes and threads", or_none(limits.pids, format_count)],
    ["Open files", or_none(limits.open_files, format_count)],
    ["File size", or_none(limits.file_bytes, format_bytes)],
    ["Temporary files", or_none(limits.tmp_bytes, format_bytes)],
    ["Output", or_none(limits.output_bytes, format_bytes)],
    ["Network", limits.network],
    ["Grace before SIGKILL", format_duration(limits.grace_ns)],
  ];
}

function native_text(native: RunnerFinished): string {
  const parts: [number | null | undefined, string][] = [
    [native.tests, "tests"],
    [native.passed, "passed"],
    [native.failed, "failed"],
    [native.errors, "errors"],
    [native.skipped, "skipped"],
    [native.expected_failures, "expected failures"],
    [native.unexpected_passes, "unexpected passes"],
    [native.subtests, "subtests"],
  ];
  const counts = parts.filter(([count]) => typeof count === "number").map(([count, name]) => `${count} ${name}`);
  return [native.text, counts.join(", ")].filter(Boolean).join(" \u2014 ");
}

function Facts({ suite }: { suite: SuiteReport }) {
  const { suite: plan } = suite;
  const environment = Object.entries(plan.env).map(([name, value]) => `${name}=${value}`);
  return (
    <dl class="pairs">
      <Row name="Found because"><Line text={plan.reason} /></Row>
      <Row name="Runner"><Line text={`${plan.runner} (${plan.ecosystem}) in ${plan.root}`} /></Row>
      <Row name="Tool">
        <Line text={[plan.tool.name, plan.tool.version, plan.tool.path].filter(Boolean).join(", ")} />
        {plan.tool.problem && <p class="bad-text"><Line text={plan.tool.problem} /></p>}
      </Row>
      {plan.runner_args.length > 0 && <Row name="Own arguments"><Line mono text={format_argv(plan.runner_args)} /></Row>}
      {environment.length > 0 && <Row name="Own environment"><Line mono text={environment.join(" ")} /></Row>}
      {Object.entries(plan.details).map(([name, value]) => <Row name={words(name)}><Line text={value} /></Row>)}
      {suite.native && <Row name="Runner's own totals"><Line text={native_text(suite.native)} /></Row>}
      {suite.coverage.tool && <Row name="Coverage tool"><Line text={suite.coverage.tool} /></Row>}
      {suite.coverage.reason && <Row name="No coverage"><Line text={suite.coverage.reason} /></Row>}
      <Row name="Peak memory"><Line text={`${story_of(suite.usage.peak_memory_bytes).replaceAll("\n", "; ")}`} /></Row>
      <Row name="Storage">
        read <FigureText figure={suite.usage.read_bytes} kind="bytes" />, written <FigureText figure={suite.usage.written_bytes} kind="bytes" />
      </Row>
      <Row name="Most processes"><FigureText figure={suite.usage.max_processes} kind="count" /></Row>
    </dl>
  );
}

function ending_text(step: StepReport): string {
  const { exit_code, signal, core_dumped } = step.status;
  const parts = [
    exit_code !== null && `exit code ${exit_code}`,
    signal !== null && `${signal_name(signal)}${core_dumped ? ", core dumped" : ""}`,
    step.meaning !== "ok" && words(step.meaning),
    step.ending_detail,
    step.oom_kills ? plural(step.oom_kills, "OOM kill") : "",
    step.signals_sent.length > 0 && `sent ${step.signals_sent.map(signal_name).join(", ")}`,
  ];
  return parts.filter(Boolean).join(", ");
}

function TailTitle({ step }: { step: StepReport }) {
  const files = [step.stdout_file, step.stderr_file].filter(Boolean).join(" and ");
  return (
    <>
      End of the output
      <span class="muted">
        {` \u2013 ${format_bytes(step.output_bytes)} in all${step.output_truncated ? ", cut at the limit" : ""}${files && ", in "}`}
        <Line text={files} />
      </span>
    </>
  );
}

function Step({ step }: { step: StepReport }) {
  const bad = step.meaning !== "ok" || step.ending !== "exited";
  return (
    <li class="step">
      <p class="step-head">
        <b><Line text={step.name} /></b>
        <span class="muted">{step.kind}</span>
        {step.ending !== "exited" && <StateBadge state={step.ending} />}
        <span class={bad ? "bad-text" : "muted"}><Line text={ending_text(step)} /></span>
        <span class="step-figures">
          <span class="figure">at {format_duration(step.started_ns)}, {format_duration(step.usage.wall_ns)}</span>
          <FigureText figure={step.usage.peak_memory_bytes} kind="bytes" />
        </span>
      </p>
      <Command command={format_argv(step.argv)} label={step.cwd} />
      {step.leftovers.length > 0 && (
        <p class="warn-text">
          Outlived the step and was killed:{" "}
          <Line mono text={step.leftovers.map((process) => `${process.command} (pid ${process.pid})`).join(", ")} />
        </p>
      )}
      {step.output_tail && (
        <Fold open={bad} title={<TailTitle step={step} />}>
          {() => <Output text={step.output_tail} label={`End of the output of ${step.name}`} />}
        </Fold>
      )}
    </li>
  );
}

export function SuitePanel({ suite }: { suite: SuiteReport }) {
  return (
    <div class="panel">
      {suite.status_reason && <p class="status-reason"><Line text={suite.status_reason} /></p>}
      <Chart suite={suite} />
      <h3>Steps</h3>
      {suite.steps.length === 0 && <p class="empty">No step was started.</p>}
      <ol class="steps">
        {suite.steps.map((step) => <Step step={step} />)}
      </ol>
      {suite.profile && suite.profile.steps.length > 0 && <SuiteProfileView profile={suite.profile} />}
      <div class="columns">
        <div>
          <h3>Suite</h3>
          <Facts suite={suite} />
        </div>
        <div>
          <h3>Limits</h3>
          <dl class="pairs">
            {limit_texts(suite.suite.limits).map(([name, text]) => (
              <Row name={name}><span class={text === "unlimited" ? "muted" : ""}>{text}</span></Row>
            ))}
          </dl>
        </div>
      </div>
      <h3>Isolation</h3>
      <IsolationTable isolation={suite.isolation} />
    </div>
  );
}
