import type { Page } from "@playwright/test";
import { Board } from "../pages/board.ts";
import { LockScreen } from "../pages/lock-screen.ts";
import { SignIn } from "../pages/sign-in.ts";
import { SyncPanel } from "../pages/sync-panel.ts";
import { expectAccessible } from "../support/accessible.ts";
import { problem } from "../support/answers.ts";
import { signIn as signInByApi } from "../support/api.ts";
import { abandon } from "../support/processes.ts";
import { expect, test, type User } from "../support/test.ts";

/** A board on which a bit of everything shows. */
async function furnish({ api }: User): Promise<string> {
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
  const { id } = await api.create({
    company: "Northwind",
    role_title: "Platform Engineer",
    priority: "High",
    tags: ["rust", "remote", "on-call", "fintech"],
    next_action: "Follow up",
    next_action_due: hours(-72),
    job_url: "https://jobs.example.com/1",
    salary_min: 82000,
    salary_max: 96000,
    salary_currency: "EUR",
    notes: "Ask about the migration.",
    contacts_inline: [{ name: "Jane Doe", email: "jane@example.com" }],
    attachments_links: [{ url: "https://example.com/task", label: "Task" }],
  });
  await api.create({ role_title: "Soon", priority: "Medium", next_action_due: hours(3), status: "Screening" });
  await api.create({ role_title: "Later", priority: "Low", next_action_due: hours(100), status: "Draft" });
  await api.create({ role_title: "Over", status: "Rejected" });
  await api.create({ role_title: "Gone", archived_at: hours(0) });
  return id;
}

test.use({ contextOptions: { reducedMotion: "reduce" } });

test("sign-in", async ({ page }) => {
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.send.click();
  await expect(signIn.error).not.toBeEmpty();
  await expectAccessible(page);
});

test("the code of the mail", async ({ page, watch }) => {
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.askFor("axe@example.com");
  await expectAccessible(page);
  await signIn.sendAgain.click();
  await expect(page.getByText("Sent again.")).toBeVisible();
  watch.expectFailure(400, /\/auth\/magic-link\/verify$/);
  await signIn.code.fill("000000");
  await expect(signIn.error).not.toBeEmpty();
  await expectAccessible(page);
});

test("verify", async ({ page, watch }) => {
  const signIn = new SignIn(page);
  await signIn.goto("/sign-in/verify?token=some");
  await expectAccessible(page);
  watch.expectFailure(400, /\/auth\/magic-link\/verify$/);
  await signIn.confirm.click();
  await expect(signIn.error).not.toBeEmpty();
  await expectAccessible(page);
});

test("today, a thing that was done, and one that is put off", async ({ page, user, today }) => {
  const id = await furnish(user);
  const in2 = new Date(Date.now() + 2 * 3_600_000).toISOString();
  await user.api.plan(id, { type: "Interview", starts_at: in2, location_or_link: "https://meet.example/1" });
  await today.open();
  await today.expectItems("Late", ["Follow up"]);
  await today.saved();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Later: Follow up" }).click();
  await expect(page.getByRole("group", { name: "When instead" })).toBeVisible();
  await expectAccessible(page);
  await today.done("Follow up");
  await expect(today.nextStep).toBeFocused();
  await expectAccessible(page);
});

test("an activity, and the form that plans one", async ({ page, user, sidebar }) => {
  const id = await furnish(user);
  await user.api.plan(id, {
    type: "Interview",
    starts_at: "2030-05-04T08:30:00Z",
    timezone: "America/New_York",
    prep_checklist: [{ text: "Read", done: true }, { text: "Ask", done: false }],
    related_contacts: [{ name: "Mira" }],
  });
  await sidebar.open(id);
  await sidebar.plan("Log a call");
  await expect(sidebar.field("Outcome")).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await sidebar.openActivity("Interview");
  await sidebar.saved();
  await expectAccessible(page);
});

test("half a link", async ({ page }) => {
  const signIn = new SignIn(page);
  await signIn.goto("/sign-in/verify");
  await expectAccessible(page);
});

test("empty board", async ({ page, board }) => {
  await board.open();
  await expectAccessible(page);
});

test("board", async ({ page, user, board }) => {
  await furnish(user);
  await board.open();
  await expectAccessible(page);
});

test("board with a card picked up, and a toast", async ({ page, user, board }) => {
  const id = await furnish(user);
  await board.open();
  await board.drag(board.card("Soon"), "Recruiter_Call");
  await board.cardOf(id).focus();
  await page.keyboard.press("Space");
  await expect(board.cardOf(id)).toHaveAttribute("data-lifted");
  await expectAccessible(page);
});

test("board with sidebar", async ({ page, user, sidebar }) => {
  const id = await furnish(user);
  await sidebar.open(id);
  await sidebar.fill("Pay to", "1");
  await expect(sidebar.error("Pay to")).not.toBeEmpty();
  await expectAccessible(page);
});

test("calendar of a date field", async ({ page, user, sidebar }) => {
  const id = await furnish(user);
  await sidebar.open(id);
  await sidebar.calendarButton("Due").click();
  await expect(sidebar.calendar("Due").getByRole("gridcell")).toHaveCount(42);
  await expectAccessible(page);
});

test("quick add", async ({ page, user, board, quickAdd }) => {
  await furnish(user);
  await board.open();
  await page.keyboard.press("c");
  await quickAdd.company.fill("Northwind");
  await expect(quickAdd.guard).toBeVisible();
  await expectAccessible(page);
});

test("keys", async ({ page, user, board }) => {
  await furnish(user);
  await board.open();
  await page.keyboard.press("?");
  await expect(board.keysDialog).toBeVisible();
  await expectAccessible(page);
});

test("archive", async ({ page, user, archive }) => {
  await furnish(user);
  await archive.open();
  await expect(archive.row("Gone")).toBeVisible();
  await expectAccessible(page);
});

test("an empty archive", async ({ page, user: _, archive }) => {
  await archive.open();
  await expect(archive.empty).toBeVisible();
  await expectAccessible(page);
});

test("settings", async ({ page, settings }) => {
  await settings.open();
  await expectAccessible(page);
  await settings.timeZone.fill("Nowhere");
  await settings.timeZone.press("Tab");
  await expect(settings.errors).toHaveCount(1);
  await settings.name.fill("Ada");
  await settings.name.press("Tab");
  await expect(settings.toast("Settings saved")).toBeVisible();
  await expectAccessible(page);
});

test("an address that leads nowhere", async ({ page, user: _, watch, board }) => {
  watch.expectFailure(404, /\/nowhere$/);
  await board.goto("/nowhere");
  await expectAccessible(page);
});

/** Answers edits so that one is refused for good and one gives way; a third one waits. */
async function trouble(page: Page, { api }: User): Promise<void> {
  const [refused, contested] = [await api.create({ role_title: "Refused" }), await api.create({ role_title: "Contested" })];
  await api.create({ role_title: "Waiting" });
  const errors = [{ field: "status", message: "Not on a Sunday." }];
  await page.route("**/api/v1/applications/*", (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname.endsWith(refused.id)) {
      return route.fulfill(problem(400, "validation", "status: Not on a Sunday.", { errors }));
    }
    const current = { ...contested, version: 2, status: "Offer", notes: "They wrote this." };
    if (pathname.endsWith(contested.id)) return route.fulfill(problem(409, "conflict", "It has changed.", { meta: { current } }));
    return route.fulfill({ status: 503, body: "" });
  });
}

test("what waits, what was refused and what gave way", async ({ page, user, board, watch }) => {
  await trouble(page, user);
  await board.open();
  await board.saved();
  for (const failure of [400, 409, 503]) watch.expectFailure(failure, /\/applications\//);
  // Each answer rearranges the board: the next card is taken once it stands.
  await board.drag(board.card("Refused"), "Screening");
  await board.expectAttention(1);
  await board.drag(board.card("Contested"), "Screening");
  await board.expectAttention(2);
  await board.drag(board.card("Waiting"), "Screening");
  const panel = new SyncPanel(page);
  await panel.open();
  await expect(panel.waiting).toHaveCount(2);
  await expect(panel.displaced).toHaveCount(1);
  await expectAccessible(page);
});

test("locked", async ({ page, settings }) => {
  await settings.open();
  await settings.saved();
  await settings.setPassphrase("correct horse battery");
  await expectAccessible(page);
  await page.goto("/board");
  const lock = new LockScreen(page);
  await lock.shows();
  await lock.unlock("wrong horse battery");
  await expect(lock.error).not.toBeEmpty();
  await expectAccessible(page);
  await lock.askToForget();
  await expectAccessible(page);
});

test("signing out with unsent work", async ({ page, user, board, settings, watch }) => {
  await furnish(user);
  await board.open();
  await board.saved();
  watch.expectFailure(503, /\/applications\//);
  await page.route("**/api/v1/applications/*", (route) => route.fulfill({ status: 503, body: "" }));
  await board.drag(board.card("Soon"), "Recruiter_Call");
  await settings.nav.getByRole("link", { name: "Settings" }).click();
  await settings.signOut.click();
  await expect(settings.leaving).toBeVisible({ timeout: 20_000 });
  await expectAccessible(page);
});

test("unsent work of another account", async ({ page, user, board, stranger, server, watch }) => {
  await furnish(user);
  await furnish(stranger);
  await board.open();
  await board.saved();
  watch.allowOffline(/\/api\/v1\//);
  await page.context().setOffline(true);
  await board.drag(board.card("Soon"), "Recruiter_Call");
  await board.expectOffline(1);
  page = await abandon(page);
  board = new Board(page);
  await page.context().setOffline(false);
  await signInByApi(page.context().request, server.mailbox, stranger.email);
  await board.open();
  await expect(board.leftBehind).toBeVisible();
  await expectAccessible(page);
});

test("a page under another account", async ({ page, user: _, board, stranger, server, watch }) => {
  await board.open();
  await board.saved();
  watch.expectFailure(401, /\/api\/v1\/sync/);
  await signInByApi(page.context().request, server.mailbox, stranger.email);
  await board.lookAgain();
  await expect(page.getByRole("heading", { name: "Another account is signed in" })).toBeVisible();
  await expectAccessible(page);
});

test("a browser that stores nothing", async ({ page, user, board }) => {
  await furnish(user);
  await page.addInitScript(() => Object.defineProperty(window, "indexedDB", { value: undefined }));
  await board.open();
  await expect(board.storageNotice).toBeVisible();
  await expectAccessible(page);
});
