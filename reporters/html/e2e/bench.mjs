// How fast the page of 50,000 tests is in Chromium, by the browser's own clock. Each figure is the median of several
// rounds and the best of them, as the machine does other things too.
// Usage: RENDER_PAGE=... node e2e/bench.mjs [rounds]
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch, open, require_tools, row } from "./measure.mjs";
import { Pages } from "./pages.mjs";

const rounds = Number(process.argv[2] ?? 7);
require_tools();

// From the key to the drawn table.
async function filter_times(page, text) {
  return page.evaluate(
    async ({ query, count }) => {
      const input = document.querySelector("input[type=search]");
      const drawn = () => new Promise((done) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => setTimeout(done);
        channel.port2.postMessage(0);
      });
      const times = [];
      for (let i = 0; i < count; i++)
        for (const value of ["", query]) {
          const begin = performance.now();
          input.value = value;
          input.dispatchEvent(new Event("input", { bubbles: true }));
          await drawn();
          if (value) times.push(performance.now() - begin);
        }
      return times;
    },
    { query: text, count: rounds },
  );
}

async function frame_times(page) {
  return page.locator(".scroller").evaluate(async (scroller) => {
    const times = [];
    let before = performance.now();
    for (let i = 1; i <= 120; i++) {
      scroller.scrollTop = (i * scroller.scrollHeight) / 120;
      await new Promise(requestAnimationFrame);
      times.push(performance.now() - before);
      before = performance.now();
    }
    return times;
  });
}

const pages = new Pages();
const large = pages.fixture("large", { tests: 50_000, files: 400 });
console.log(`50,141 tests, 400 covered files: ${(statSync(fileURLToPath(large.url)).size / 1e6).toFixed(2)} MB (at most 3 MB)\n`);
console.log(`${"".padEnd(52)}    median      best   target`);
const browser = await launch();
for (const view of ["summary", "tests", "timeline", "coverage"]) {
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const { page, times: of_round } = await open(browser, large.url, `#${view}`, "report-shown");
    times.push(of_round);
    await page.close();
  }
  row(`${view}: navigation to report in the document`, times.map(({ shown }) => shown), "1000 ms");
  row(`${view}: navigation to interactive`, times.map(({ interactive }) => interactive), "1000 ms");
}
const { page } = await open(browser, large.url, "#tests", "report-shown");
for (const text of ["v", "voucher merges", "status:failed", "slow:>100ms mem:>50MB", "/round(s|ed).*\\[1/"]) row(`filter: ${text}`, await filter_times(page, text), "50 ms");
await page.locator("input[type=search]").fill("");
row("scrolling: one frame", await frame_times(page), "");
await browser.close();
pages.remove();
