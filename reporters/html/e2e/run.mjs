// Opens finished reports in Chromium and uses them as a person would.
// Usage: node e2e/run.mjs [folder for screenshots]
// Ends with 0 (all checks hold), 1 (some do not) or 77 (there is no browser: nothing was checked).
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { make_report } from "../fixtures/report.mjs";
import { assemble } from "./assemble.mjs";
import { scenarios } from "./scenarios.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const browser_path = process.env.CHROMIUM ?? "/usr/bin/chromium";
const screenshots = process.argv[2];

if (!existsSync(browser_path)) {
  console.error(`SKIPPED: no browser at ${browser_path} (install chromium, or name one in CHROMIUM); nothing was checked`);
  process.exit(77);
}

const folder = mkdtempSync(join(tmpdir(), "report-e2e-"));
if (screenshots) mkdirSync(screenshots, { recursive: true });

function write_page(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return pathToFileURL(path).href;
}

function build_template() {
  const path = join(folder, "template.html");
  execFileSync(process.execPath, [join(here, "..", "build.mjs"), path]);
  return readFileSync(path, "utf8");
}

async function run_scenario(browser, pages, { name, page: page_name, viewport, dark = false, hash = "", steps }) {
  const context = await browser.newContext({ viewport: viewport ?? { width: 1360, height: 900 }, colorScheme: dark ? "dark" : "light" });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) problems.push(`request to ${request.url()}`);
  });
  const check = (what, holds) => {
    if (!holds) problems.push(what);
  };
  try {
    await page.goto(pages[page_name] + hash);
    await page.locator("main, .problem").first().waitFor();
    await steps(page, check);
    if (screenshots) await page.screenshot({ path: join(screenshots, `${name.replaceAll(" ", "-")}.png`) });
  } catch (error) {
    problems.push(error.message);
  }
  await context.close();
  console.log(`${problems.length === 0 ? "ok    " : "FAILED"} ${name}`);
  for (const problem of problems) console.log(`       ${problem}`);
  return problems.length === 0;
}

const template = build_template();
const pages = {
  usual: write_page("usual.html", assemble(template, make_report({ tests: 1200 }))),
  large: write_page("large.html", assemble(template, make_report({ tests: 20_000 }))),
  example: write_page("example.html", assemble(template, readFileSync(join(here, "../../../docs/formats/report.example.json"), "utf8"))),
  empty: write_page("empty.html", template),
  damaged: write_page("damaged.html", assemble(template, make_report()).replace(/base64">.{200}/, 'base64">')),
};
const browser = await chromium.launch({ executablePath: browser_path, args: ["--no-sandbox"] });
let failed = 0;
for (const scenario of scenarios) if (!(await run_scenario(browser, pages, scenario))) failed++;
await browser.close();
rmSync(folder, { recursive: true });
console.log(`${scenarios.length - failed} of ${scenarios.length} scenarios hold`);
process.exit(failed === 0 ? 0 : 1);
