// Entry of the report page: reads what the first view needs, then draws it, or says why it cannot.
import { render, type ComponentChild } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/table.css";
import "./styles/detail.css";
import "./styles/chart.css";
import "./styles/coverage.css";
import "./styles/print.css";
import { DecodeError } from "./data/embedded";
import { problem_of, sections_of_page } from "./data/sections";
import { TestTable } from "./data/tests";
import { App } from "./view/app";
import { Problem } from "./view/problem";
import { start_theme } from "./view/theme";

function show(content: ComponentChild): void {
  const root = document.getElementById("app");
  if (!root) return;
  root.replaceChildren();
  render(content, root);
}

async function start(): Promise<void> {
  start_theme();
  if (!document.getElementById("rh-report")) {
    show(<Problem title="This page holds no report" text="It is the empty template: the report's data was not put into it." />);
    return;
  }
  try {
    const sections = sections_of_page();
    const [report, columns] = await Promise.all([sections.load("rh-report"), sections.load("rh-tests")]);
    const problem = problem_of(report);
    if (problem) throw new DecodeError(problem);
    show(<App report={report} table={new TestTable(columns, report)} sections={sections} />);
    performance.mark("report-shown");
  } catch (error) {
    show(<Problem title="The report cannot be shown" text={error instanceof Error ? error.message : String(error)} />);
  }
}

void start();
