import { Archive } from "../pages/archive.ts";
import { Board } from "../pages/board.ts";
import { Installed } from "../pages/installed.ts";
import { Sidebar } from "../pages/sidebar.ts";
import { SignIn } from "../pages/sign-in.ts";
import { Server } from "../support/server.ts";
import { Site } from "../support/site.ts";
import { expect, test as base } from "../support/test.ts";

const API = /\/api\/v1\//;

interface Workers {
  site: Site;
  server: Server;
}

// These servers are deployed to, so each has a site of its own.
const test = base.extend<{ installed: Installed }, Workers>({
  site: [
    async ({}, use) => {
      const site = await Site.copy();
      await use(site);
      await site.remove();
    },
    { scope: "worker" },
  ],
  server: [
    async ({ engine, site }, use) => {
      const server = await Server.start(engine, site.root);
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  installed: async ({ page, user: _ }, use) => use(new Installed(page)),
});

test.use({ serviceWorkers: "allow" });

test("it can be installed", async ({ page, installed }) => {
  await installed.goto("/board");
  await installed.controlled();
  const session = await page.context().newCDPSession(page);
  const manifest = await session.send("Page.getAppManifest");
  expect(manifest.url).toContain("/manifest.webmanifest");
  expect(manifest.errors).toEqual([]);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  // A test's window keeps nothing, so nothing is installed from it.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito")).toEqual([]);
});

test("a notification that is pressed opens what it is about in the page that is there", async ({
  page,
  user,
  installed,
}) => {
  const { id } = await user.api.create({ role_title: "Engineer" });
  await installed.goto("/today");
  await installed.controlled();
  const [worker] = page.context().serviceWorkers();
  // What the press comes to: no test can press what the system shows.
  await worker?.evaluate((address) => (self as unknown as { open(to: string): Promise<void> }).open(address), `/board/${id}`);
  await expect(page).toHaveURL(new RegExp(`/board/${id}$`));
  await expect(new Sidebar(page).title).toHaveText("Engineer");
  expect(page.context().pages()).toHaveLength(1);
});

test("after one visit every page starts without a network", async ({ page, user, installed, watch }) => {
  const { id } = await user.api.create({ role_title: "Far away" });
  await user.api.create({ role_title: "Long gone", archived_at: new Date().toISOString() });
  const board = new Board(page);
  await installed.keeps(board);

  watch.allowOffline(API);
  await page.context().setOffline(true);
  await page.reload();
  await installed.expectShell();
  await expect(board.card("Far away", "Applied")).toBeVisible();
  await board.expectCount("Applied", 1);
  await board.expectOffline(0);
  const pages = {
    "/settings": page.getByText(`Signed in as ${user.email}`),
    [`/board/${id}`]: new Sidebar(page).title.filter({ hasText: "Far away" }),
    "/archive": new Archive(page).row("Long gone"),
  };
  for (const [path, content] of Object.entries(pages)) {
    await page.goto(path);
    await installed.expectShell();
    await expect(content).toBeVisible();
    expect(new URL(page.url()).pathname).toBe(path);
  }
  await page.goto("/");
  await installed.expectShell();
  await expect(page).toHaveURL("/board");
  await page.goto("/sign-in");
  await installed.expectShell();
  await expect(page.getByText("Signing in needs a connection.")).toBeVisible();
});

test("where nothing is kept, a page without a network says so", async ({ page, user, installed, watch }) => {
  await user.api.create({ role_title: "Far away" });
  // The worker is there, and nobody has been here yet.
  await installed.goto("/sign-in/verify");
  await installed.controlled();
  watch.allowOffline(API);
  await page.context().setOffline(true);
  await page.goto("/board");
  await installed.expectShell();
  await expect(installed.offline).toBeVisible();
  await page.context().setOffline(false);
  await installed.tryAgain.click();
  await expect(new Board(page).card("Far away")).toBeVisible();
  await installed.expectShell(false);
});

test("a server that does not answer in time is not waited for", async ({
  page,
  user,
  installed,
  server,
  watch,
}) => {
  await user.api.create({ role_title: "Kept" });
  const board = new Board(page);
  await installed.keeps(board);
  await user.api.create({ role_title: "Late" });
  server.pause();
  try {
    await page.goto("/board", { waitUntil: "commit" });
    await installed.expectShell();
    await expect(board.card("Kept")).toBeVisible();
  } finally {
    server.resume();
  }
  // It is a board like any other, and what has happened meanwhile comes in.
  await expect(board.card("Late")).toBeVisible();
  // A page from the cache has no token yet, and fetches one when it is told so.
  watch.expectFailure(403, API);
  await board.drag(board.card("Late"), "Screening");
  await board.saved();
});

test("what a proxy says for the server is not shown", async ({ page, user, installed, server, watch }) => {
  // The worker is there, and nothing is kept of anybody.
  await installed.goto("/sign-in/verify");
  await installed.controlled();
  watch.expectFailure(503, API);
  // What the worker is answered, and passes over.
  watch.expectFailure(503, /\/settings$/);
  await server.replacedBy(503, async () => {
    await page.goto("/settings");
    await installed.expectShell();
    await expect(page.getByRole("heading", { name: "Not available right now" })).toBeVisible();
  });
  await installed.tryAgain.click();
  await installed.expectShell(false);
  await expect(page).toHaveURL("/settings");

  await installed.saved();
  // Whatever it says: it is not ours.
  watch.expectFailure(403, API);
  watch.expectFailure(403, /\/settings$/);
  await server.replacedBy(403, async () => {
    await page.goto("/settings");
    await installed.expectShell();
    await expect(page.getByText(`Signed in as ${user.email}`)).toBeVisible();
  });
});

test("what is kept is the program, and nothing of anybody", async ({ page, user, installed }) => {
  const { id } = await user.api.create({ role_title: "Confidential", notes: "Unsaid" });
  await installed.goto("/board");
  await installed.controlled();
  for (const path of [`/board/${id}`, "/settings", "/archive", "/board"]) await installed.goto(path);
  await expect(new Board(page).card("Confidential")).toBeVisible();
  await installed.saved();

  const cached = await installed.cached();
  expect(new Set(cached.map(({ cache }) => cache)).size).toBe(1);
  const paths = cached.map(({ url }) => new URL(url).pathname).toSorted();
  expect(paths.filter((path) => !/^\/(pkg|fonts|icons)\//.test(path))).toEqual([
    "/boot.js",
    "/favicon.svg",
    "/manifest.webmanifest",
    "/shell",
    "/theme.js",
  ]);
  const secrets = ["Confidential", "Unsaid", user.email, id];
  expect(cached.filter(({ text }) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
});

test("a new version takes over when it is asked to", async ({ page, installed, site, server, watch }) => {
  await installed.goto("/board");
  await installed.controlled();
  const before = await installed.build();
  const build = await site.rebuild();
  await server.restart();
  await installed.look();
  await expect(installed.update).toBeVisible();

  // Put off, it does not come back by itself.
  await installed.act("A new version is ready.", "Later");
  await installed.look();
  await installed.lookAgain();
  await installed.roundTrip();
  await expect(installed.update).toHaveCount(0);
  expect(await installed.build()).toBe(before);

  // Nor does it take over with a reload that the new server does not answer.
  watch.allowOffline(API);
  await page.context().setOffline(true);
  await page.reload();
  await installed.expectShell();
  expect(await installed.build()).toBe(before);
  await page.context().setOffline(false);

  const reloaded = page.waitForEvent("load");
  await installed.act("A new version is ready.", "Reload to update");
  await reloaded;
  await installed.hydrated();
  await expect(installed.update).toHaveCount(0);
  const caches = new Set((await installed.cached()).map(({ cache }) => cache));
  expect(caches.size).toBe(1);
  await page.context().setOffline(true);
  await page.reload();
  await installed.expectShell();
  expect(await installed.build()).toBe(build);
});

test("a page that was loaded since a deployment is not told to reload", async ({ page, installed, site, server, watch }) => {
  await installed.goto("/board");
  await installed.controlled();
  const other = new Installed(await page.context().newPage());
  await other.goto("/settings");
  const build = await site.rebuild();
  await server.restart();
  await installed.look();
  await expect(installed.update).toBeVisible();

  // It runs the new program, whatever the old worker keeps, which another page still needs.
  await installed.reload();
  expect(await installed.build()).toBe(build);
  await expect(other.update).toBeVisible();
  await expect(installed.update).toHaveCount(0);
  expect(await installed.waits()).toBe(true);

  // Alone, it has the new worker too.
  await other.page.close();
  const waits = async () => {
    await installed.lookAgain();
    return installed.waits();
  };
  await expect.poll(waits).toBe(false);
  await expect(installed.update).toHaveCount(0);
  await expect(installed.toast("Updated in another tab")).toHaveCount(0);
  watch.allowOffline(API);
  await page.context().setOffline(true);
  await page.reload();
  await installed.expectShell();
  expect(await installed.build()).toBe(build);
});

test("a new version is found when one comes back after a while", async ({ page, installed, site, server }) => {
  await page.clock.install();
  await installed.goto("/board");
  await installed.controlled();
  const looks = await installed.countLooks();
  await site.rebuild();
  await server.restart();
  await page.clock.fastForward("09:00");
  await installed.lookAgain();
  await installed.roundTrip();
  expect(await looks()).toBe(0);
  await page.clock.fastForward("02:00");
  await installed.lookAgain();
  await expect(installed.update).toBeVisible();
  expect(await looks()).toBe(1);
});

test("another tab is told, not reloaded", async ({ page, installed, site, server }) => {
  await installed.goto("/board");
  await installed.controlled();
  const other = new Installed(await page.context().newPage());
  await other.goto("/settings");
  await other.controlled();
  await site.rebuild();
  await server.restart();
  await installed.look();
  await expect(other.update).toBeVisible();

  const reloaded = page.waitForEvent("load");
  await installed.act("A new version is ready.", "Reload to update");
  await reloaded;
  await expect(other.toast("Updated in another tab")).toBeVisible();
  await expect(other.update).toHaveCount(0);
  const again = other.page.waitForEvent("load");
  await other.act("Updated in another tab", "Reload");
  await again;
  await other.hydrated();
  await expect(other.toast("Updated in another tab")).toHaveCount(0);
});

test("a posting that is shared becomes an application", async ({ page, user, installed, quickAdd }) => {
  const query = new URLSearchParams({
    title: "Engineer, 100% remote",
    text: "Look at this: https://jobs.example.com/42?from=a%20friend&x=1.",
  });
  await installed.goto(`/board?${query}`);
  await expect(quickAdd.dialog).toBeVisible();
  await expect(page).toHaveURL("/board");
  await expect(quickAdd.role).toHaveValue("Engineer, 100% remote");
  await expect(quickAdd.company).toHaveValue("");
  await expect(quickAdd.posting).toContainText("Posting: jobs.example.com/42?from=a%20friend&x=1");
  await quickAdd.company.fill("Acme");
  await page.keyboard.press("Enter");
  await expect(quickAdd.dialog).toBeHidden();
  await installed.saved();
  expect(await user.api.all()).toMatchObject([
    { company: "Acme", role_title: "Engineer, 100% remote", job_url: "https://jobs.example.com/42?from=a%20friend&x=1" },
  ]);

  // The next one begins with nothing, and a reload opens nothing.
  await page.keyboard.press("c");
  await expect(quickAdd.role).toHaveValue("");
  await expect(quickAdd.posting).toHaveCount(0);
  await page.keyboard.press("Escape");
  await installed.reload();
  await expect(quickAdd.dialog).toBeHidden();

  // The posting can be left out.
  await installed.goto(`/board?add&${query}`);
  await quickAdd.removePosting.click();
  await expect(quickAdd.posting).toHaveCount(0);
  await quickAdd.company.fill("Other");
  await page.keyboard.press("Enter");
  await installed.saved();
  const other = (await user.api.all()).find(({ company }) => company === "Other");
  expect(other).toMatchObject({ job_url: null });
});

test("what was shared outlasts signing in", async ({ page, user, server, quickAdd }) => {
  await page.context().clearCookies();
  const signIn = new SignIn(page);
  await signIn.goto(`/board?${new URLSearchParams({ title: "A & B", url: "https://example.com/a?b=c%26d&e" })}`);
  await signIn.askFor(user.email);
  await signIn.code.fill((await server.mailbox.newest(user.email)).code);
  await expect(quickAdd.role).toHaveValue("A & B");
  await expect(quickAdd.posting).toContainText("example.com/a?b=c%26d&e");
});
