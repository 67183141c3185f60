// How fast the page of a profile with 1,000,000 samples is in Chromium, by the browser's own clock: once with samples
// that are often equal to the ones before, and once hopping between 2,400 stacks. Each figure is the median of several
// rounds and the best of them.
// Usage: RENDER_PROFILE=... node e2e/bench_profile.mjs [rounds]
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch, open, require_tools, row } from "./measure.mjs";
import { Pages } from "./pages.mjs";

const rounds = Number(process.argv[2] ?? 7);
require_tools();

// From the act to the drawn page: the tasks that it started are done then.
async function times_of(page, acts) {
  const times = [];
  for (let i = 0; i < rounds; i++)
    for (const act of acts) {
      const time = await page.evaluate(act_and_wait, act);
      if (act.measured) times.push(time);
    }
  return times;
}

async function act_and_wait({ hash, text }) {
  const begin = performance.now();
  if (text !== undefined) {
    const input = document.querySelector(".controls input[type=search]");
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  } else {
    // What a link of the page does: no load, and drawn at once.
    history.pushState(null, "", hash);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
  await new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => setTimeout(done);
    channel.port2.postMessage(0);
  });
  return performance.now() - begin;
}

const pages = new Pages();
const browser = await launch();
for (const kind of ["usual", "varied"]) {
  const made = pages.profile(kind, 1_000_000);
  console.log(`\n1,000,000 samples, ${kind}: ${(statSync(fileURLToPath(made.url)).size / 1e6).toFixed(2)} MB (at most 5 MB)\n`);
  console.log(`${"".padEnd(52)}    median      best   target`);
  for (const view of ["overview", "timeline", "flame", "sandwich", "source", "functions"]) {
    const times = [];
    for (let i = 0; i < rounds; i++) {
      const { page, times: of_round } = await open(browser, made.url, `#${view}`, "profile-shown");
      times.push(of_round);
      await page.close();
    }
    row(`${view}: navigation to page in the document`, times.map(({ shown }) => shown), "1000 ms");
    row(`${view}: navigation to interactive`, times.map(({ interactive }) => interactive), "1000 ms");
  }
  const { page } = await open(browser, made.url, "#flame", "profile-shown");
  const all = { hash: "#flame" };
  row("flame: another span", await times_of(page, [all, { hash: "#flame&range=50s..150s", measured: true }]), "100 ms");
  row("flame: Python hidden", await times_of(page, [all, { hash: "#flame&hide=python", measured: true }]), "100 ms");
  row("flame: search", await times_of(page, [{ text: "" }, { text: "step_1.*[37]|hot", measured: true }]), "100 ms");
  row("flame: order of time", await times_of(page, [all, { hash: "#flame&order=time", measured: true }]), "100 ms");
  row("functions: another span", await times_of(page, [{ hash: "#functions" }, { hash: "#functions&range=50s..150s", measured: true }]), "100 ms");
  await page.close();
}
await browser.close();
pages.remove();
