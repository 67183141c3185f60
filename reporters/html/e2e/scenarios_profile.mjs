// What a person does with the page of a profile, and what must be seen then. The shares are those of
// tests/browser/profile_fixture.cpp.
import { at_text, no_sideways } from "./scenarios.mjs";
import { poor_contrast } from "./scenarios_views.mjs";

const kViews = ["overview", "timeline", "flame", "sandwich", "source", "functions"];
const kRow = 20; // of boxes
const kMaxBytes = 5_000_000;

const search = (page) => page.locator(".controls input[type=search]");
const found = (page) => page.locator(".controls output.found");
const names = async (page) => (await page.locator(".functions-table tbody tr:not(.spacer) th").allTextContents()).sort();
const open = async (page, hash) => {
  await page.goto(page.url().replace(/#.*|$/, hash));
  await page.locator(`.view-${hash.match(/\w+/)[0]}`).waitFor();
};
const share = (text) => Number(/([\d.]+) %/.exec(text)?.[1] ?? NaN);

// Presses the middle of a box: row from the root, and where in the width.
async function press_box(page, row, part, chart = ".box-scroller") {
  const box = await page.locator(chart).first().boundingBox();
  await page.mouse.click(box.x + box.width * part, box.y + row * kRow + kRow / 2);
}

async function drag(page, locator, from, to) {
  const box = await locator.boundingBox();
  await page.mouse.move(box.x + box.width * from, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), box.y + 22);
  await page.mouse.move(box.x + box.width * to, box.y + 20);
  await page.mouse.up();
}

// How many colours a canvas has.
const painted = (locator) => locator.evaluate((canvas) => {
  const context = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return colours.size;
});

export const profile_scenarios = [
  {
    name: "profile overview",
    page: "profile",
    steps: async (page, check) => {
      check("what ran", (await page.locator("h1").first().textContent()) === "python3 main.py --orders 'a b.json'");
      check("title", (await page.title()) === "Overview – main.py – runharness profile");
      check("how it ended", (await page.locator(".profile-head").textContent()).includes("exit code 0"));
      check("cards", (await page.locator(".card").count()) === 5);
      check("peak and when", (await page.locator(".cards").textContent()).includes("461 MiB"));
      check("the four counts add up", /taken \+ .*rejected \+ .*idle \+ .*late = .*expected/s.test(await page.locator(".quality-line").textContent()));
      check("warnings", (await page.locator("#diagnostics").textContent()).includes("6.1 % of the ticks came late"));
      check("a hint with its figure", /import/.test(await page.locator(".hints").textContent()));
      check("stacks at the peak", (await page.locator(".peak-stack").count()) === 2);
      check("functions with intervals", (await page.locator("#functions .interval").count()) >= 8);
      await page.locator("#lines .hot-text code").filter({ hasText: "price_of" }).first().waitFor();
      check("a process that nothing profiled says why", (await page.locator("#processes").textContent()).includes("not profiled: no profiler knows this program"));
      check("curves", (await painted(page.locator(".strip canvas"))) > 10);
    },
  },
  {
    name: "profile flame graph: click, keys",
    page: "profile",
    hash: "#flame",
    steps: async (page, check) => {
      await at_text(page.locator(".chosen-name"), "all");
      await press_box(page, 3, 0.1);
      await at_text(page.locator(".chosen-name"), "compute");
      await page.getByRole("button", { name: "Show all (0)" }).click();
      await at_text(page.locator(".chosen-name"), "all");
      await page.locator(".box-scroller").focus();
      for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
      check("the keys tell where they are", (await page.locator(".box-chart [aria-live]").textContent()) === "main");
      await page.keyboard.press("Enter");
      await at_text(page.locator(".chosen-name"), "main");
      await page.keyboard.press("Escape");
      await at_text(page.locator(".chosen-name"), "<module>");
      await page.keyboard.press("0");
      await at_text(page.locator(".chosen-name"), "all");
      const box = await page.locator(".box-scroller").boundingBox();
      await page.mouse.move(box.x + 40, box.y + 4 * kRow + 10);
      await at_text(page.locator(".tip"), "shop/orders.py:20");
      check("the tip has shares", /31\.\d % total/.test(await page.locator(".tip").textContent()));
      await page.keyboard.press("s");
      await at_text(page.locator(".sandwich-head h2"), "hot");
    },
  },
  {
    name: "profile flame graph: orders",
    page: "profile",
    hash: "#flame&order=time",
    steps: async (page, check) => {
      await at_text(page.locator(".chart-note").first(), "MainThread (4711) of 4, the busiest");
      await press_box(page, 2, 0.5);
      await at_text(page.locator(".under-chart"), /^(2\.99\d|3(\.00\d)?) s \u2013 10\.(49\d|5(0\d)?) s/);
      await page.keyboard.press("0");
      await at_text(page.locator(".under-chart"), "0 s \u2013 15 s");
      await page.getByRole("button", { name: "By name" }).click();
      await at_text(page.locator(".chosen-name"), "all");
      await page.waitForFunction(() => location.hash.includes("order=by-name"));
      await page.getByRole("button", { name: "Heap at peak" }).click();
      await at_text(page.locator(".chosen-box"), "160 MiB");
      await page.getByRole("button", { name: "Order of time" }).click();
      await at_text(page.locator(".view .empty"), "Allocations have no order of time");
    },
  },
  {
    name: "profile search",
    page: "profile",
    hash: "#flame&of=t0",
    steps: async (page, check) => {
      const before = await painted(page.locator(".box-content canvas"));
      await page.keyboard.press("/");
      await page.keyboard.type("^hot ");
      await at_text(found(page), "found");
      const part = share(await found(page).textContent());
      check(`a quarter of the thread is in hot (${part} %)`, part > 24.5 && part < 25.5);
      check("what is not found is grey", (await painted(page.locator(".box-content canvas"))) < before);
      await search(page).fill("hot|walk");
      await page.waitForFunction(() => !document.querySelector(".controls output.found").textContent.startsWith("25"));
      const both = share(await found(page).textContent());
      check(`stacks with either count once (${both} %)`, both > 47 && both < 48);
      await search(page).fill("hot(");
      await at_text(page.locator(".controls .filter-problem"), "unterminated group");
      check("the field is marked", (await search(page).getAttribute("aria-invalid")) === "true");
      await search(page).fill("WALK");
      await at_text(found(page), "0.0 % found");
      await search(page).fill("tree\\.py");
      await page.keyboard.press("Escape");
      await open(page, "#functions&q=tree");
      check("the table keeps what is found", (await names(page)).join() === "walk");
    },
  },
  {
    name: "profile brush",
    page: "profile",
    hash: "#functions&of=p0",
    steps: async (page, check) => {
      check("all functions of the process", (await names(page)).includes("walk"));
      await drag(page, page.locator(".strip"), 0.75, 0.95);
      await page.locator(".range-chip").waitFor();
      await page.waitForFunction(() => document.querySelectorAll(".functions-table tbody tr:not(.spacer)").length === 3);
      check("only what ran in the span", (await names(page)).join() === "<module>,main,write_report");
      check("its share is of the span", share(await page.locator(".functions-table tbody .share").first().textContent()) === 100);
      await page.waitForFunction(() => /range=11\.\d+s\.\.14\.\d+s/.test(location.hash));
      await page.keyboard.press("3");
      await page.locator(".view-flame .brush").waitFor();
      await at_text(page.locator(".chosen-box"), /total \((2\.9\d|3\.0\d) s\)/);
      await page.locator(".strip").focus();
      await page.keyboard.press("ArrowLeft");
      await page.waitForFunction(() => /range=10\.\d+s/.test(location.hash));
      await page.keyboard.press("Escape");
      await page.locator(".range-chip").waitFor({ state: "detached" });
      await page.waitForFunction(() => !location.hash.includes("range"));
      await page.reload();
      await page.locator(".view-flame").waitFor();
      check("nothing is left of it", (await page.locator(".brush").count()) === 0);
    },
  },
  {
    name: "profile filters",
    page: "profile",
    hash: "#functions&clock=wall",
    steps: async (page, check) => {
      const kinds = page.getByRole("group", { name: "Kinds of frames" });
      check("kinds that are there", (await kinds.getByRole("button").allTextContents()).join() === "Python,native,JavaScript,GC,idle,runtime");
      const row = (name) => page.locator(".functions-table tr").filter({ has: page.locator("th bdi", { hasText: new RegExp(`^${name}$`) }) });
      check("waiting is seen on the wall clock", (await row("Condition.wait").count()) === 1);
      const self = share(await row("hot").locator(".share").first().textContent());
      await kinds.getByRole("button", { name: "native" }).click();
      await row("scan_once_unicode").waitFor({ state: "detached" });
      const with_native = share(await row("hot").locator(".share").first().textContent());
      check(`native code counts for its caller (${self} % to ${with_native} %)`, with_native > self * 1.6);
      await kinds.getByRole("button", { name: "idle" }).click();
      await row("Condition.wait").waitFor({ state: "detached" });
      check("idle runtimes too", (await row("\\(idle\\)").count()) === 0);
      check("shares are of what is left", share(await row("hot").locator(".share").first().textContent()) > with_native * 1.5);
      await page.waitForFunction(() => location.hash.includes("hide=native,idle"));
      await page.locator(".controls select").selectOption("p2");
      await page.waitForFunction(() => document.querySelectorAll(".functions-table tbody tr:not(.spacer)").length === 2);
      check("a process alone", (await names(page)).join() === "render,serve");
      await page.locator(".functions-table .sort").nth(2).click();
      check("sorted by name", (await page.locator(".functions-table tbody th").allTextContents()).join() === "render,serve");
      await page.locator(".functions-table .sort").nth(2).click();
      await page.waitForFunction(() => document.querySelector(".functions-table tbody th").textContent === "serve");
    },
  },
  {
    name: "profile sandwich and source",
    page: "profile",
    hash: "#functions",
    steps: async (page, check) => {
      await page.locator(".functions-table tbody th a", { hasText: "walk" }).click();
      await at_text(page.locator(".sandwich-head h2"), "walk");
      check("self of all calls, not of the outermost", /28\.\d % total.*28\.\d % self/.test(await page.locator(".sandwich-head").textContent()));
      check("callers and callees", (await page.locator(".sandwich canvas").count()) === 2);
      await press_box(page, 2, 0.5);
      await page.locator(".choice tbody a", { hasText: "write_report" }).click();
      await at_text(page.locator(".sandwich-head h2"), "write_report");
      await page.locator(".sandwich-head .place-link").click();
      await at_text(page.locator("h1"), "shop/report.py");
      await page.locator(".listing .code", { hasText: "shop/report.py:57" }).waitFor();
      const line = page.locator(".listing tbody tr").filter({ has: page.locator("button", { hasText: /^57$/ }) });
      check("its line is hot", /^18\.\d %/.test(await line.textContent()));
      check("and is seen to be", (await line.locator(".heat").first().evaluate((cell) => getComputedStyle(cell).backgroundColor)) !== "rgba(0, 0, 0, 0)");
      await open(page, "#source&file=shop/tree.py");
      check("a line of a recursive function counts once in each stack", /28\.\d %/.test(await page.locator(".listing tr").filter({ has: page.locator("button", { hasText: /^8$/ }) }).textContent()));
      await open(page, "#source&file=/usr/lib/python3.11/threading.py&clock=wall");
      await at_text(page.locator(".notice"), "it lies outside of the program's folder");
      check("lines without a text", (await page.locator(".listing tbody tr:not(.spacer)").count()) === 2);
    },
  },
  {
    name: "profile timeline",
    page: "profile",
    hash: "#timeline",
    steps: async (page, check) => {
      const timeline = page.locator(".big-timeline");
      check("drawn", (await painted(timeline.locator("canvas"))) > 30);
      const box = await timeline.boundingBox();
      await page.mouse.move(box.x + box.width * 0.5, box.y + 60);
      await at_text(page.locator(".tip"), "9 threads in 4 processes");
      check("CPU and memory at a time", /CPU 1\d\d %.*RSS .* MiB · PSS .* MiB/s.test(await page.locator(".tip").textContent()));
      await drag(page, timeline, 0.4, 0.6);
      await page.getByRole("link", { name: "Its functions" }).click();
      await page.locator(".functions-table").waitFor();
      check("the span holds elsewhere", (await page.locator(".range-chip").count()) === 1);
      await page.goBack();
      await page.locator(".big-timeline .brush").waitFor();
    },
  },
  ...["profile_million", "profile_varied"].map((name) => ({
    name: `${name.replace("_", " of a ")} samples`.replace("varied", "million varied"),
    page: name,
    steps: async (page, check, { bytes }) => {
      check(`the file is at most ${kMaxBytes} bytes (${bytes})`, bytes <= kMaxBytes);
      check("all samples are in it", (await page.locator(".cards").textContent()).includes("1\u202f000\u202f000"));
      for (const view of kViews) {
        await page.keyboard.press(String(kViews.indexOf(view) + 1));
        await page.locator(`.view-${view}`).waitFor();
        check(`${view} is drawn`, (await page.locator(".problem").count()) === 0);
      }
      await drag(page, page.locator(".strip"), 0.8, 0.9);
      await page.locator(".functions-table th a", { hasText: "write_report" }).waitFor();
      await open(page, "#flame&order=time&range=100s..101s");
      check("a second of it in the order of time", (await painted(page.locator(".box-content canvas"))) > 5);
    },
  })),
  {
    name: "profile hostile names stay text",
    page: "profile_hostile",
    steps: async (page, check) => {
      for (const hash of [...kViews.map((view) => `#${view}`), "#flame&order=time", "#source&file=constructor", "#functions&q=__proto__"]) {
        await open(page, hash);
        check(`${hash}: no script ran`, (await page.title()).endsWith("runharness profile"));
        check(`${hash}: no element came out of data`, (await page.locator("#app :is(img, script, iframe, base, meta, style, object, embed, b)").evaluateAll((all) => all.filter((element) => !element.closest(".quality-line")).length)) === 0);
        check(`${hash}: no link leads out`, (await page.locator('a[href^="http"], a[href^="javascript"]').count()) === 0);
        check(`${hash}: no attribute is a handler`, (await page.evaluate(() => [...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith("on")).length)) === 0);
        check(`${hash}: no raw control characters`, !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069]/.test(await page.locator("body").evaluate((element) => element.innerText)));
        check(`${hash}: nothing scrolls sideways`, await no_sideways(page));
      }
      check("a name as it is", (await names(page)).join() === "__proto__");
      await open(page, "#source");
      await page.locator(".choice tbody a").nth(1).click();
      await at_text(page.locator(".listing"), "</script><script>document.title='pwned'</script>");
    },
  },
  {
    name: "profile without samples",
    page: "profile_without_samples",
    steps: async (page, check) => {
      check("says why", (await page.locator("#diagnostics").textContent()).includes("ended before the first sample"));
      check("figures that are known", (await page.locator(".cards").textContent()).includes("8.00 ms"));
      check("and those that are not", (await page.locator(".cards .unknown").count()) === 1);
      for (const view of ["flame", "sandwich", "source", "functions"]) {
        await open(page, `#${view}`);
        await at_text(page.locator(".empty-state"), "No samples were taken");
      }
    },
  },
  ...["light", "dark"].map((theme) => ({
    name: `profile contrast ${theme}`,
    page: "profile",
    dark: theme === "dark",
    steps: async (page, check) => {
      for (const hash of [...kViews.map((view) => `#${view}`), "#flame&q=hot(&hide=native", "#source&file=shop/orders.py&range=4s..6s"]) {
        await open(page, hash);
        await page.waitForFunction(() => !document.querySelector("main").textContent.includes("Reading the sources"));
        for (const poor of await page.evaluate(poor_contrast)) check(`${hash}: ${poor}`, false);
      }
    },
  })),
  {
    name: "profile in dark colours by choice",
    page: "profile",
    hash: "#flame",
    steps: async (page, check) => {
      const corner = () => page.locator(".box-content canvas").evaluate((canvas) => {
        const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
        context.drawImage(canvas, 20 - canvas.width, -5);
        return context.getImageData(0, 0, 1, 1).data.slice(0, 3).reduce((a, b) => a + b);
      });
      const light = await corner();
      const button = page.getByRole("button", { name: /^Colours/ });
      await button.click();
      await button.click();
      await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
      check("the boxes too", (await corner()) < light / 2);
    },
  },
  ...kViews.map((view) => ({
    name: `profile phone ${view}`,
    page: "profile",
    viewport: { width: 390, height: 844 },
    dark: view === "flame",
    hash: `#${view}`,
    steps: async (page, check) => check("nothing scrolls sideways", await no_sideways(page)),
  })),
  {
    name: "profile printed",
    page: "profile",
    hash: "#functions",
    steps: async (page, check) => {
      const paper = await page.pdf({ format: "A4" });
      const pages = paper.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
      check(`it takes a reasonable number of pages (${pages})`, pages >= 2 && pages <= 12);
      await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
      await page.emulateMedia({ media: "print" });
      check("the views of paper", (await page.locator(".view").count()) === 4);
      check("no controls", !(await page.locator(".top").isVisible()) && (await page.locator(".controls").count()) === 0);
      await page.evaluate(() => dispatchEvent(new Event("afterprint")));
      check("and the screen is as before", (await page.locator(".view").count()) === 1);
    },
  },
  {
    name: "profile help",
    page: "profile",
    steps: async (page, check) => {
      await page.keyboard.press("?");
      await page.locator("dialog.sheet").waitFor();
      check("keys", (await page.locator("dialog kbd").count()) > 10);
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
    },
  },
  {
    name: "profile template without data",
    page: "profile_empty",
    steps: async (page) => at_text(page.locator(".problem"), "holds no profile"),
  },
  {
    name: "profile with damaged data",
    page: "profile_damaged",
    steps: async (page) => at_text(page.locator(".problem"), "cannot be shown"),
  },
];
