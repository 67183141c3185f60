// Pages for the browser, made by the reporters themselves (tests/browser/render_page.cpp and render_profile.cpp).
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { make_fixture } from "../fixtures/report.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const kBrowser = process.env.CHROMIUM ?? "/usr/bin/chromium";
const kRenderer = process.env.RENDER_PAGE ?? "";
const kProfileRenderer = process.env.RENDER_PROFILE ?? "";

// What is missing to open a page; empty when nothing is.
export function missing_tool() {
  if (!existsSync(kBrowser)) return `there is no browser at ${kBrowser}: ./dev setup installs Debian's chromium, CHROMIUM names another`;
  if (!existsSync(kRenderer)) return "RENDER_PAGE does not name the program render_page of the build (ctest -L browser does)";
  if (!existsSync(kProfileRenderer)) return "RENDER_PROFILE does not name the program render_profile of the build (ctest -L browser does)";
  return "";
}

export class Pages {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "report-e2e-"));
  }
  remove() {
    rmSync(this.folder, { recursive: true });
  }

  write(name, content) {
    const path = join(this.folder, `${name}.html`);
    writeFileSync(path, content);
    return pathToFileURL(path).href;
  }

  // `report` as text or value; `sources`: texts by path, as a repository has them.
  render(name, report, sources = {}) {
    const json = join(this.folder, `${name}.json`);
    const page = join(this.folder, `${name}.html`);
    const repository = join(this.folder, name);
    writeFileSync(json, typeof report === "string" ? report : JSON.stringify(report));
    for (const [path, text] of Object.entries(sources)) {
      mkdirSync(dirname(join(repository, path)), { recursive: true });
      writeFileSync(join(repository, path), text);
    }
    execFileSync(kRenderer, [json, page, repository], { stdio: "inherit" });
    return { url: pathToFileURL(page).href, bytes: readFileSync(page).length, text: () => readFileSync(page, "utf8") };
  }

  fixture(name, options) {
    const { report, sources } = make_fixture(options);
    return this.render(name, report, sources);
  }

  // A made-up profile: usual, varied, hostile or empty.
  profile(kind, samples = 60_000) {
    const page = join(this.folder, `profile-${kind}-${samples}.html`);
    execFileSync(kProfileRenderer, [page, kind, String(samples)], { stdio: "inherit" });
    return { url: pathToFileURL(page).href, bytes: readFileSync(page).length, text: () => readFileSync(page, "utf8") };
  }

  example() {
    return this.render("example", readFileSync(join(here, "../../../docs/formats/report.example.json"), "utf8"));
  }
}

// The page without its data.
export function without_data(page) {
  return page.replace(/<script id="rh-[a-z]+"[^>]*>[^<]*<\/script>\n?/g, "");
}
