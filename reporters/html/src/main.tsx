// Entry of the report page: reads the embedded data, then draws it, or says why it cannot.
import { render, type ComponentChild } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/table.css";
import "./styles/detail.css";
import "./styles/chart.css";
import "./styles/print.css";
import { decode_report } from "./data/decode";
import { App } from "./view/app";
import { Problem } from "./view/problem";

function show(content: ComponentChild): void {
  const root = document.getElementById("app");
  if (!root) return;
  root.replaceChildren();
  render(content, root);
}

async function start(): Promise<void> {
  const data = document.getElementById("rh-data");
  if (!data) {
    show(<Problem title="This page holds no report" text="It is the empty template: the report's data was not put into it." />);
    return;
  }
  try {
    const report = await decode_report(data.textContent ?? "");
    data.remove(); // The encoded text would stay in memory beside the decoded one.
    show(<App report={report} />);
  } catch (error) {
    show(<Problem title="The report cannot be shown" text={error instanceof Error ? error.message : String(error)} />);
  }
}

void start();
