// Opens finished reports and profiles in Chromium and uses them as a person would.
// Usage: node e2e/run.mjs [folder for screenshots] [name of a scenario]
// Ends with 0 (all checks hold), 1 (some do not) or 77 (something is missing: nothing was checked).
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { kBrowser, missing_tool, Pages, without_data } from "./pages.mjs";
import { scenarios } from "./scenarios.mjs";
import { profile_scenarios } from "./scenarios_profile.mjs";
import { view_scenarios } from "./scenarios_views.mjs";

const [screenshots, only] = process.argv.slice(2);
const missing = missing_tool();
if (missing) {
  console.error(`SKIPPED: nothing was checked: ${missing}`);
  process.exit(77);
}
if (screenshots) mkdirSync(screenshots, { recursive: true });

async function run_scenario(browser, pages, { name, page: page_name, viewport, dark = false, hash = "", expects_refusal = false, steps }) {
  const context = await browser.newContext({ viewport: viewport ?? { width: 1440, height: 900 }, colorScheme: dark ? "dark" : "light" });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (expects_refusal && /Content Security Policy|TrustedScript/.test(message.text())) return;
    if (message.type() === "error" || message.type() === "warning") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", () => problems.push("a window was opened"));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) problems.push(`request to ${request.url()}`);
  });
  const check = (what, holds) => {
    if (!holds) problems.push(what);
  };
  try {
    await page.goto(pages[page_name].url + hash);
    await page.locator("main .view, .problem").first().waitFor();
    await steps(page, check, pages[page_name]);
    check("no part failed to draw", /empty|damaged/.test(page_name) || (await page.locator(".problem").count()) === 0);
    if (screenshots) await page.screenshot({ path: join(screenshots, `${name.replaceAll(" ", "-")}.png`) });
  } catch (error) {
    problems.push(error.message);
  }
  await context.close();
  console.log(`${problems.length === 0 ? "ok    " : "FAILED"} ${name}`);
  for (const problem of problems) console.log(`       ${problem}`);
  return problems.length === 0;
}

const made = new Pages();
const profile = made.profile("usual");
const usual = made.fixture("usual", { tests: 1200 });
const pages = {
  usual,
  large: made.fixture("large", { tests: 50_000, files: 400 }),
  passing: made.fixture("passing", { tests: 40, passing: true }),
  read: made.fixture("read", { tests: 12, read: true }),
  example: made.example(),
  empty: { url: made.write("empty", without_data(usual.text())) },
  profile,
  profile_million: made.profile("usual", 1_000_000),
  profile_varied: made.profile("varied", 1_000_000),
  profile_hostile: made.profile("hostile"),
  profile_without_samples: made.profile("empty"),
  profile_empty: { url: made.write("profile_empty", without_data(profile.text())) },
  profile_damaged: { url: made.write("profile_damaged", profile.text().replace(/(id="rh-runs"[^>]*>).{200}/, "$1")) },
  damaged: { url: made.write("damaged", usual.text().replace(/(id="rh-tests"[^>]*>).{200}/, "$1")) },
};
const browser = await chromium.launch({ executablePath: kBrowser, args: ["--no-sandbox"] });
const wanted = [...scenarios, ...view_scenarios, ...profile_scenarios].filter(({ name }) => only === undefined || name === only);
let failed = 0;
for (const scenario of wanted) if (!(await run_scenario(browser, pages, scenario))) failed++;
await browser.close();
made.remove();
console.log(`${wanted.length - failed} of ${wanted.length} scenarios hold`);
process.exit(failed === 0 ? 0 : 1);
