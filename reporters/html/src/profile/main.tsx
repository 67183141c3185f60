// Entry of a profile's page: reads its tables, then draws the view that the address names, or says why it cannot.
import { render, type ComponentChild } from "preact";
import "../styles/base.css";
import "../styles/page.css";
import "../styles/table.css";
import "../styles/detail.css";
import "../styles/chart.css";
import "../styles/coverage.css";
import "./profile.css";
import "../styles/print.css";
import { DecodeError, decode_bytes, decode_json, take_text } from "../data/embedded";
import { Problem } from "../view/problem";
import { start_theme } from "../view/theme";
import type { FrameColumns, Overview } from "./data/model";
import { problem_of, profile_of, type Profile } from "./data/profile";
import { App } from "./view/app";
import { SourceReader } from "./view/page";

function show(content: ComponentChild): void {
  const root = document.getElementById("app");
  if (!root) return;
  root.replaceChildren();
  render(content, root);
}

function text_of(id: string): string {
  const text = take_text(id);
  if (text === null) throw new DecodeError(`the part ${id} is missing: the file was cut short`);
  return text;
}

async function read_profile(): Promise<Profile> {
  const [overview, frames, stacks, runs] = await Promise.all([
    decode_json(text_of("rh-profile")),
    decode_json(text_of("rh-frames")),
    decode_bytes(text_of("rh-stacks")),
    decode_bytes(text_of("rh-runs")),
  ]);
  const problem = problem_of(overview);
  if (problem) throw new DecodeError(problem);
  return profile_of(overview as Overview, frames as FrameColumns, stacks, runs);
}

async function start(): Promise<void> {
  start_theme();
  if (!document.getElementById("rh-profile")) {
    show(<Problem title="This page holds no profile" text="It is the empty template: the profile's data was not put into it." />);
    return;
  }
  try {
    const profile = await read_profile();
    show(<App profile={profile} sources={new SourceReader(take_text("rh-sources"))} />);
    performance.mark("profile-shown");
  } catch (error) {
    show(<Problem title="The profile cannot be shown" text={error instanceof Error ? error.message : String(error)} />);
  }
}

void start();
