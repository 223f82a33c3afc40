// The measurements of scripts/bench.sh. Prints a table; changes nothing outside a temporary folder.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import zlib from "node:zlib";

const root = path.resolve(import.meta.dirname, "..");
const { chromium } = createRequire(path.join(root, "end2end/package.json"))("@playwright/test");
const server = process.env.SERVER_BIN ?? path.join(root, "target/release/job-hunt-tracker");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "job-hunt-tracker-bench-"));
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const databaseUrl = process.env.DATABASE_URL ?? `sqlite:${folder}/bench.db`;
const env = {
  ...process.env,
  DATA_DIR: folder,
  DATABASE_URL: databaseUrl,
  MAIL_URL: `file:${folder}/mail`,
  PUBLIC_URL: base,
  LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
  LEPTOS_SITE_ROOT: path.join(root, "target/site"),
  LIMIT_SIGN_IN_MAILS_PER_CLIENT: "10000",
  LIMIT_VERIFICATIONS_PER_CLIENT: "10000",
  LIMIT_REMINDER_WRITES_PER_USER: "1000",
  LIMIT_REMINDER_WRITES_PER_CLIENT: "100000",
};
const rows = [];
const note = (what, value, budget = "") => rows.push({ what, value, budget });
const agent = new http.Agent({ keepAlive: true, maxSockets: 50 });

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function send(method, url, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const request = http.request(base + url, { method, agent, headers }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({
          status: answer.statusCode,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString(),
          ms: performance.now() - started,
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

const json = (body) => ({
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

async function signIn(email) {
  await send("POST", "/api/v1/auth/magic-link", json({ email }));
  const mail = path.join(folder, "mail");
  const newest = fs.readdirSync(mail).filter((name) => name.endsWith(".eml")).sort().at(-1);
  const text = fs.readFileSync(path.join(mail, newest), "utf8").replace(/=\r?\n/g, "").replace(/=3D/g, "=");
  const token = /token=([\w-]+)/.exec(text)[1];
  const answer = await send("POST", "/api/v1/auth/magic-link/verify", json({ token }));
  return /jht_session=([^;]+)/.exec(answer.headers["set-cookie"].join())[1];
}

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** Does `work` so many times, over 50 connections. */
async function inParallel(count, work) {
  let next = 0;
  const connection = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 50 }, connection));
}

/** `count` requests over 50 connections: p95 in ms and requests a second. */
async function load(count, request) {
  const times = [];
  const started = performance.now();
  await inParallel(count, async (n) => {
    const answer = await request(n);
    if (answer.status >= 400) throw new Error(`${answer.status}: ${answer.text}`);
    times.push(answer.ms);
  });
  const seconds = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  return { p95: percentile(times, 0.95), rate: count / seconds };
}

function sizes() {
  for (const name of ["job-hunt-tracker.wasm", "job-hunt-tracker.js", "job-hunt-tracker.css"]) {
    const bytes = fs.readFileSync(path.join(root, "target/site/pkg", name));
    const brotli = zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11 } });
    const kilo = (size) => `${(size / 1000).toFixed(0)} kB`;
    note(name, `${kilo(bytes.length)} raw, ${kilo(brotli.length)} brotli`, name.endsWith("wasm") ? "350 kB brotli" : "");
  }
}

async function start(more = {}) {
  const started = performance.now();
  const child = spawn(server, ["serve"], { env: { ...env, ...more }, stdio: ["ignore", "ignore", "ignore"] });
  for (;;) {
    try {
      if ((await send("GET", "/healthz")).status === 200) break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  return { child, ms: performance.now() - started };
}

function memory(child) {
  const status = fs.readFileSync(`/proc/${child.pid}/status`, "utf8");
  return `${(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024).toFixed(0)} MB`;
}

async function page(browser, session, { name, path, ready }, budget) {
  const context = await browser.newContext();
  await context.addCookies([{ name: "jht_session", value: session, url: base }]);
  const runs = [];
  for (let run = 0; run < 6; run++) {
    const tab = await context.newPage();
    const started = performance.now();
    await tab.goto(`${base}${path}`, { waitUntil: "commit" });
    await tab.waitForSelector("html[data-hydrated]");
    const hydrated = performance.now() - started;
    await tab.waitForFunction((ready) => document.querySelector(ready) && !document.querySelector(".skeleton"), ready);
    const whole = performance.now() - started;
    const timing = await tab.evaluate(() => {
      const navigation = performance.getEntriesByType("navigation")[0];
      const bytes = [navigation, ...performance.getEntriesByType("resource")].reduce((sum, entry) => sum + entry.transferSize, 0);
      return { ttfb: navigation.responseStart, paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN, bytes };
    });
    runs.push({ ...timing, hydrated, whole });
    await tab.close();
  }
  await context.close();
  // The first run fills the browser's caches; it is the first visit.
  const [first, ...again] = runs;
  const middle = (key) => again.map((run) => run[key]).sort((a, b) => a - b)[2].toFixed(0);
  note(`${name}: first byte / first paint / hydrated / all here`, `${first.ttfb.toFixed(0)} / ${first.paint.toFixed(0)} / ${first.hydrated.toFixed(0)} / ${first.whole.toFixed(0)} ms cold, ${middle("ttfb")} / ${middle("paint")} / ${middle("hydrated")} / ${middle("whole")} ms again`, budget);
  note(`${name}: bytes until all is here`, `${(first.bytes / 1000).toFixed(0)} kB cold`, "450 kB + 400 kB snapshot");
}

/** Notes when the page opens its store, writes to it, and asks for changes. */
function watchStore() {
  const times = { opened: [], written: [], pulled: [] };
  globalThis.bench = times;
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...args) {
    times.opened.push(performance.now());
    return open.apply(this, args);
  };
  const transaction = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...args) {
    const begun = transaction.apply(this, args);
    if (args[1] === "readwrite") begun.addEventListener("complete", () => times.written.push(performance.now()));
    return begun;
  };
  const fetch = globalThis.fetch;
  globalThis.fetch = function (...args) {
    if (String(args[0]).includes("/sync")) times.pulled.push(performance.now());
    return fetch.apply(this, args);
  };
}

/** The device's own store with 5,000 applications: reading it, writing edits, starting without a network. */
async function offline(browser, session) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addCookies([{ name: "jht_session", value: session, url: base }]);
  await context.addInitScript(watchStore);
  const tab = await context.newPage();
  const ready = async () => {
    await tab.waitForSelector("html[data-hydrated]");
    await tab.waitForFunction(() => document.querySelector(".card") && !document.querySelector(".skeleton-card"));
  };
  const state = (wanted) => tab.waitForFunction((wanted) => document.querySelector(".page-header .sync")?.dataset.state === wanted, wanted, { timeout: 120_000 });
  await tab.goto(`${base}/board`);
  await ready();
  await tab.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
  // The first pull is written to the store.
  let writes = -1;
  for (;;) {
    const now = await tab.evaluate(() => bench.written.length);
    if (now === writes) break;
    writes = now;
    await tab.waitForTimeout(2_000);
  }

  const loads = [];
  for (let run = 0; run < 5; run++) {
    await tab.reload();
    await ready();
    await tab.waitForFunction(() => bench.pulled.length > 0);
    loads.push(await tab.evaluate(() => bench.pulled[0] - bench.opened[0]));
  }
  loads.sort((a, b) => a - b);
  note("store: load and decrypt 5,000 applications", `${loads[2].toFixed(0)} ms (of 5: ${loads.map((ms) => ms.toFixed(0)).join(", ")})`, "150 ms");

  const edits = [];
  for (let n = 0; n < 60; n++) {
    await state("saved");
    edits.push(
      await tab.evaluate(async () => {
        const card = [...document.querySelectorAll(".card")].find((card) => card.getBoundingClientRect().top < innerHeight);
        const before = bench.written.length;
        const started = performance.now();
        card.focus();
        card.dispatchEvent(new KeyboardEvent("keydown", { key: "e", bubbles: true, cancelable: true }));
        while (bench.written.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
        return bench.written[before] - started;
      }),
    );
  }
  edits.sort((a, b) => a - b);
  note("store: an edit until it is durable (key to transaction's end)", `p50 ${percentile(edits, 0.5).toFixed(1)} ms, p95 ${percentile(edits, 0.95).toFixed(1)} ms`, "10 ms");

  await state("saved");
  await context.setOffline(true);
  await tab.evaluate(async () => {
    for (let n = 0; n < 200; n++) {
      const card = document.querySelector(".card");
      card.focus();
      card.dispatchEvent(new KeyboardEvent("keydown", { key: "e", bubbles: true, cancelable: true }));
      while (card.isConnected) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  await state("offline");
  const waiting = await tab.locator(".page-header .sync").innerText();
  const starts = [];
  for (let run = 0; run < 5; run++) {
    const started = performance.now();
    await tab.reload({ waitUntil: "commit" });
    await tab.waitForSelector(".card");
    starts.push(performance.now() - started);
  }
  starts.sort((a, b) => a - b);
  note("cold start with no network: first cards from the store", `${starts[2].toFixed(0)} ms`, "700 ms");

  await ready();
  const back = performance.now();
  await context.setOffline(false);
  await state("saved");
  note(`flush after reconnect (${waiting})`, `${((performance.now() - back) / 1000).toFixed(1)} s`, "3 s");
  await context.close();
}

/** Notes every task that holds up the page for more than 50 ms. */
function watchTasks() {
  globalThis.tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.duration))).observe({
    type: "longtask",
    buffered: true,
  });
}

/**
 * How long a fixed piece of work takes in a page, so that figures of two machines, or of one machine at two hours,
 * can be compared: milliseconds, the median of five.
 */
async function yardstick(tab) {
  const times = await tab.evaluate(() => {
    const times = [];
    for (let run = 0; run < 5; run++) {
      const started = performance.now();
      let sum = 0;
      for (let n = 0; n < 5_000_000; n++) sum += Math.sqrt(n);
      times.push([performance.now() - started, sum]);
    }
    return times.map(([time]) => time);
  });
  return times.sort((a, b) => a - b)[2];
}

/** How long the page cannot be used while 5,000 applications come in, and while they are read again. */
async function blocking(browser, session) {
  for (const slowness of [1, 4]) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addCookies([{ name: "jht_session", value: session, url: base }]);
    await context.addInitScript(watchStore);
    await context.addInitScript(watchTasks);
    const tab = await context.newPage();
    const devtools = await context.newCDPSession(tab);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: slowness });
    note(`the yardstick, ×${slowness}: five million square roots`, `${(await yardstick(tab)).toFixed(0)} ms`);
    for (const visit of ["first", "repeat"]) {
      await tab.goto(`${base}/board`);
      await tab.waitForSelector("html[data-hydrated]");
      await tab.waitForFunction(() => document.querySelector(".card") && !document.querySelector(".skeleton-card"));
      let before = "";
      for (;;) {
        const now = await tab.evaluate(() => `${bench.written.length} ${bench.pulled.length}`);
        if (now === before) break;
        before = now;
        await tab.waitForTimeout(4_000);
      }
      const tasks = await tab.evaluate(() => globalThis.tasks);
      const total = tasks.reduce((sum, task) => sum + Math.max(0, task - 50), 0);
      const budget = slowness === 1 ? "200 / 50 ms" : "600 / 150 ms";
      note(`${visit} visit, 5,000 applications, ×${slowness}: blocked in all / longest task`, `${total.toFixed(0)} / ${Math.max(0, ...tasks).toFixed(0)} ms`, budget);
    }
    await context.close();
  }
}

/** Two tabs that nobody touches: batches in ten seconds after one change from elsewhere. */
async function rest(browser, session) {
  const context = await browser.newContext();
  await context.addCookies([{ name: "jht_session", value: session, url: base }]);
  await context.addInitScript(watchStore);
  // A row that the store leaves out.
  const headers = { authorization: `Bearer ${session}`, "content-type": "application/json" };
  const [old, row] = JSON.parse((await send("GET", "/api/v1/applications?limit=2", { headers })).text).items;
  const patch = (row, fields) =>
    send("PATCH", `/api/v1/applications/${row.id}`, {
      headers: { ...headers, "if-match": String(row.version) },
      body: JSON.stringify(fields),
    });
  await patch(old, { archived_at: new Date(Date.now() - 200 * 86_400_000).toISOString() });
  const tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) {
    await tab.goto(`${base}/board`);
    await tab.waitForFunction(() => globalThis.bench?.pulled.length > 0);
    await tab.waitForTimeout(5_000);
  }
  await patch(row, { notes: "From elsewhere" });
  await tabs[0].evaluate(() => window.dispatchEvent(new Event("focus")));
  await tabs[0].waitForTimeout(2_000);
  const written = () => Promise.all(tabs.map((tab) => tab.evaluate(() => bench.written.length)));
  const before = await written();
  await tabs[0].waitForTimeout(10_000);
  const after = await written();
  const batches = after.reduce((sum, count) => sum + count, 0) - before.reduce((sum, count) => sum + count, 0);
  note("two tabs at rest, batches in 10 s", String(batches), "2 (the pull of every 30 s)");
  await context.close();
}

/** Edits beside a long queue, and how fast it drains. */
async function queue(browser, session, count) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addCookies([{ name: "jht_session", value: session, url: base }]);
  await context.addInitScript(watchStore);
  const tab = await context.newPage();
  const state = (wanted) => tab.waitForFunction((wanted) => document.querySelector(".page-header .sync")?.dataset.state === wanted, wanted, { timeout: 600_000 });
  await tab.goto(`${base}/board`);
  await tab.waitForFunction(() => document.querySelector(".card") && !document.querySelector(".skeleton-card"));
  await state("saved");
  await context.setOffline(true);
  const edit = (count) =>
    tab.evaluate(async (count) => {
      const times = [];
      for (let n = 0; n < count; n++) {
        const card = document.querySelector(".card");
        const before = bench.written.length;
        const started = performance.now();
        card.focus();
        card.dispatchEvent(new KeyboardEvent("keydown", { key: "e", bubbles: true, cancelable: true }));
        while (bench.written.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
        times.push(bench.written[before] - started);
        while (card.isConnected) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return times.sort((a, b) => a - b);
    }, count);
  const alone = await edit(30);
  await edit(count);
  const beside = await edit(30);
  note(`one more edit beside ${count} that wait`, `p50 ${percentile(beside, 0.5).toFixed(1)} ms, p95 ${percentile(beside, 0.95).toFixed(1)} ms (beside none: ${percentile(alone, 0.5).toFixed(1)}, ${percentile(alone, 0.95).toFixed(1)})`, "20 ms");
  const back = performance.now();
  await context.setOffline(false);
  await state("saved");
  const seconds = (performance.now() - back) / 1000;
  note(`drain of ${count + 60} edits`, `${seconds.toFixed(1)} s, ${((count + 60) / seconds).toFixed(0)}/s`);
  await context.close();
}

/** The API under load. */
async function api(many) {
  const bearer = { authorization: `Bearer ${many}` };
  const bare = await load(10_000, () => send("GET", "/healthz"));
  const against = (rate) => `${(rate / bare.rate).toFixed(2)}× of ${bare.rate.toFixed(0)}/s bare`;
  const measure = async (what, count, budget, request) => {
    const { p95, rate } = await load(count, request);
    note(`${what}, 50 connections`, `p95 ${p95.toFixed(1)} ms, ${rate.toFixed(0)}/s (${against(rate)})`, budget);
  };
  const list = JSON.parse((await send("GET", "/api/v1/applications?limit=200", { headers: bearer })).text).items;
  await measure("API list of 50", 2_000, "20 ms", () => send("GET", "/api/v1/applications", { headers: bearer }));
  await measure("API detail", 4_000, "20 ms", (n) => send("GET", `/api/v1/applications/${list[n % list.length].id}`, { headers: bearer }));
  const versions = new Map(list.map((row) => [row.id, row.version]));
  const free = [...versions.keys()];
  await measure("API patch", 1_000, "20 ms", async (n) => {
    const id = free.shift();
    const answer = await send("PATCH", `/api/v1/applications/${id}`, {
      headers: { ...bearer, "content-type": "application/json", "if-match": String(versions.get(id)) },
      body: JSON.stringify({ notes: `note ${n}` }),
    });
    versions.set(id, JSON.parse(answer.text).version);
    free.push(id);
    return answer;
  });
  await measure("board page", 1_000, "80 ms, 1,000/s", () => send("GET", "/board", { headers: { cookie: `jht_session=${many}`, "accept-encoding": "br" } }));
  note("memory, after load", memory(child), "150 MB");
}

/**
 * 10,000 reminders of 200 people that fall due at one moment: until the last one is out, how late they are,
 * and how long somebody else waits for an edit meanwhile.
 */
async function due() {
  const [people, each] = [200, 50];
  const post = async (session, url, body) => {
    const { headers, ...rest } = json(body);
    const answer = await send("POST", url, { headers: { ...headers, authorization: `Bearer ${session}` }, ...rest });
    if (answer.status >= 400) throw new Error(`${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text);
  };
  const draft = (session) => post(session, "/api/v1/applications", { company: "Acme", role_title: "Baker", status: "Draft" });
  const sessions = [];
  for (let n = 0; n < people; n++) sessions.push(await signIn(`due${n}@example.com`));
  const applications = [];
  await inParallel(people * each, async (n) => applications.push([sessions[n % people], await draft(sessions[n % people])]));
  // As long as it takes to set them, and some more.
  const started = performance.now();
  const pace = 200;
  await inParallel(pace, async (n) => draft(sessions[n % people]));
  const perRow = (performance.now() - started) / pace;
  const moment = Date.now() + Math.ceil(2 * perRow * applications.length) + 10_000;
  await inParallel(applications.length, async (n) => {
    const [session, { id }] = applications[n];
    await post(session, "/api/v1/reminders", { application_id: id, title: "Ring them", due_at: new Date(moment).toISOString() });
  });
  if (Date.now() > moment) throw new Error("They were due before all of them were set.");

  const other = await signIn("other@example.com");
  let { id, version } = await draft(other);
  const edits = [];
  let over = false;
  const editing = (async () => {
    await new Promise((resolve) => setTimeout(resolve, moment - Date.now()));
    while (!over) {
      const answer = await send("PATCH", `/api/v1/applications/${id}`, {
        headers: { authorization: `Bearer ${other}`, "content-type": "application/json", "if-match": String(version) },
        body: JSON.stringify({ notes: `note ${version}` }),
      });
      version = JSON.parse(answer.text).version;
      edits.push(answer.ms);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, moment - Date.now()));
  // Whoever has none left that waits has heard of all. One after the other, so that asking is no work worth
  // mentioning: who is asked late counts as late, so that the figures are none too good.
  const late = [];
  for (const session of sessions) {
    for (;;) {
      const answer = await send("GET", "/api/v1/reminders?sent=false&limit=1", { headers: { authorization: `Bearer ${session}` } });
      if (JSON.parse(answer.text).items.length === 0) break;
      if (Date.now() - moment > 120_000) throw new Error("Some people still wait.");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    late.push(Date.now() - moment);
  }
  over = true;
  await editing;
  edits.sort((a, b) => a - b);
  note("10,000 reminders of 200 people due at once: all are out after", `${(late.at(-1) / 1000).toFixed(1)} s`, "2 s");
  note("…how late they are, p99", `${(percentile(late, 0.99) / 1000).toFixed(1)} s`, "15 s");
  note("…somebody else's edit meanwhile", `p95 ${percentile(edits, 0.95).toFixed(0)} ms, ${edits.length} of them`, "100 ms");
}

/** A mail server that takes everything at once, and counts. */
async function nullSink() {
  const taken = [];
  const sink = net.createServer((socket) => {
    let inData = false;
    let rest = "";
    socket.on("error", () => {});
    socket.setNoDelay(true);
    socket.write("220 sink\r\n");
    socket.on("data", (chunk) => {
      rest += chunk.toString("latin1");
      if (inData) {
        if (!rest.endsWith("\r\n.\r\n")) return;
        taken.push(performance.now());
        [inData, rest] = [false, ""];
        socket.write("250 taken\r\n");
        return;
      }
      for (let end = rest.indexOf("\r\n"); end >= 0 && !inData; end = rest.indexOf("\r\n")) {
        const verb = rest.slice(0, 4).toUpperCase();
        rest = rest.slice(end + 2);
        inData = verb === "DATA";
        socket.write(inData ? "354 go on\r\n" : verb === "EHLO" ? "250-sink\r\n250 8BITMIME\r\n" : "250 fine\r\n");
        if (verb === "QUIT") socket.end();
      }
    });
  });
  await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));
  return { taken, url: `smtp://127.0.0.1:${sink.address().port}`, close: () => sink.close() };
}

/** Mails that wait, two each of many people, to a provider that takes everything: from the first to the last. */
async function dispatch() {
  const people = 1_000;
  const sessions = [];
  for (let n = 0; n < people; n++) sessions.push(await signIn(`mails${n}@example.com`));
  const sink = await nullSink();
  const stopped = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await stopped;
  const more = { MAIL_URL: sink.url, HOLD_DELIVERIES: "true" };
  child = (await start(more)).child;
  const post = async (session, url, body) => {
    const { headers, ...rest } = json(body);
    const answer = await send("POST", url, { headers: { ...headers, authorization: `Bearer ${session}` }, ...rest });
    if (answer.status >= 400) throw new Error(`${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text);
  };
  await inParallel(people, async (n) => {
    const row = await post(sessions[n], "/api/v1/applications", { company: "Acme", role_title: "Baker", status: "Draft" });
    for (const title of ["Ring them", "Write to them"]) {
      await post(sessions[n], "/api/v1/reminders", {
        application_id: row.id,
        title,
        due_at: new Date(Date.now() - 60_000).toISOString(),
        channels: ["in_app", "email"],
      });
    }
  });
  for (const session of sessions) {
    for (;;) {
      const answer = await send("GET", "/api/v1/reminders?sent=false&limit=1", { headers: { authorization: `Bearer ${session}` } });
      if (JSON.parse(answer.text).items.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const resumed = spawnSync(server, ["deliveries", "resume"], { env: { ...env, ...more } });
  if (resumed.status !== 0) throw new Error(resumed.stderr.toString());
  const all = 2 * people;
  const begun = performance.now();
  while (sink.taken.length < all && performance.now() - begun < 180_000) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seconds = (sink.taken.at(-1) - sink.taken[0]) / 1000;
  const budget = databaseUrl.startsWith("sqlite") ? "3,000" : "1,000";
  note("mails to a provider that takes all", `${(sink.taken.length / seconds).toFixed(0)} a second, ${sink.taken.length} of ${all}`, budget);
  sink.close();
}

let child;
try {
  sizes();
  // Each edit takes a card off the board.
  const waiting = Number(process.env.BENCH_QUEUE ?? 2_000);
  const accounts = [["ten@example.com", 10], ["many@example.com", 5_000], ["busy@example.com", Math.max(10_000, 2 * waiting)]];
  for (const [email, count] of accounts) {
    const seeded = spawnSync(server, ["seed", "--email", email, "--count", String(count)], { env });
    if (seeded.status !== 0) throw new Error(seeded.stderr.toString());
  }
  const started = await start();
  child = started.child;
  note("process start to first 200", `${started.ms.toFixed(0)} ms`, "100 ms");
  note("memory, idle", memory(child), "40 MB");

  const many = await signIn("many@example.com");
  const ten = await signIn("ten@example.com");
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  // Such as BENCH_ONLY=queue: parts that take long, alone.
  const wanted = process.env.BENCH_ONLY?.split(",");
  const part = async (name, measure) => {
    if (!wanted || wanted.includes(name)) await measure();
  };
  const board = (name) => ({ name: `board, ${name}`, path: "/board", ready: ".card" });
  await part("page", () => page(browser, ten, board("10 applications"), ""));
  await part("page", () => page(browser, many, board("5,000 applications"), "– / 150 / 400 ms"));
  const today = { name: "Today, 10,000 applications", path: "/today", ready: ".agenda-row, .quiet" };
  await part("today", async () => page(browser, await signIn("busy@example.com"), today, "– / 150 / 400 ms"));
  await part("blocking", async () => blocking(browser, await signIn("many@example.com")));
  await part("rest", async () => rest(browser, await signIn("many@example.com")));
  await part("offline", async () => offline(browser, await signIn("many@example.com")));
  await part("queue", async () => queue(browser, await signIn("busy@example.com"), waiting));
  await browser.close();
  await part("api", () => api(many));
  await part("due", due);
  await part("dispatch", dispatch);
} finally {
  child?.kill("SIGTERM");
  fs.rmSync(folder, { recursive: true, force: true });
  const width = Math.max(...rows.map((row) => row.what.length));
  console.log(`\n${databaseUrl.split(":")[0]}, ${os.cpus().length} cores\n`);
  for (const row of rows) {
    console.log(`${row.what.padEnd(width)}  ${row.value}${row.budget ? `   [budget ${row.budget}]` : ""}`);
  }
}
