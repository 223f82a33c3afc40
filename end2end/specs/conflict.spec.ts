import { Board } from "../pages/board.ts";
import { SyncPanel } from "../pages/sync-panel.ts";
import { problem } from "../support/answers.ts";
import { keepStale } from "../support/stale.ts";
import { expect, test } from "../support/test.ts";

const ONE = /\/api\/v1\/applications\/[0-9a-f-]{36}$/;
const CHANGED_ELSEWHERE = "“Contested at Acme” was changed elsewhere first";
const MOVED_ELSEWHERE = "“Contested at Acme” is in Recruiter call now, moved elsewhere.";

test("who comes second ends with the first one's state, and may insist", async ({
  page,
  user,
  board,
  newDevice,
  watch,
}) => {
  const { id } = await user.api.create({ role_title: "Contested" });
  await board.open();
  await board.saved();
  await keepStale(page);

  const other = new Board(await newDevice());
  await other.open();
  await other.drag(other.cardOf(id), "Recruiter_Call");
  await other.saved();
  await expect(board.card("Contested", "Applied")).toBeVisible();

  watch.expectFailure(409, ONE);
  await board.drag(board.cardOf(id), "Screening");
  await expect(board.toast(MOVED_ELSEWHERE)).toContainText("Move it to Screening?");
  await expect(board.card("Contested", "Recruiter_Call")).toBeVisible();
  await expect(board.cards("Screening")).toHaveCount(0);
  await board.expectAttention(1);
  expect((await user.api.get(id)).status).toBe("Recruiter_Call");

  await board.act(MOVED_ELSEWHERE, "Use mine");
  await expect(board.card("Contested", "Screening")).toBeVisible();
  await board.saved();
  expect((await user.api.get(id)).status).toBe("Screening");

  await other.reload();
  await expect(other.card("Contested", "Screening")).toBeVisible();
});

test("what moved along with an interview comes back where the move gave way", async ({ page, user, sidebar, watch }) => {
  const { id } = await user.api.create({ role_title: "Contested" });
  const starts_at = new Date(Math.floor(Date.now() / 60_000) * 60_000 + 96 * 3_600_000).toISOString();
  const activity = await user.api.plan(id, { type: "Interview", interview_stage: "technical", starts_at });
  const due_at = new Date(Date.parse(starts_at) - 3_600_000).toISOString();
  const reminder = await user.api.remind(id, { activity_id: activity.id, title: "Print the CV", due_at });
  await sidebar.goto(`/board/${id}?activity=${activity.id}`);
  await sidebar.saved();
  await keepStale(page);
  await user.api.patchActivity(activity, { notes: "Bring a pen." });

  watch.expectFailure(409, /\/api\/v1\/activities\//);
  await sidebar.field("When").fill("in 6 days 10:00");
  await sidebar.field("When").press("Enter");
  const asked = "was changed elsewhere first";
  await expect(sidebar.toast(asked)).toBeVisible();
  const due = async () => Date.parse((await user.api.reminder(reminder.id)).due_at);
  await expect.poll(due).not.toBe(Date.parse(due_at));
  await sidebar.act(asked, "Keep theirs");
  await expect(sidebar.toast("Its reminder moves along: Print the CV")).toBeVisible();
  await sidebar.saved();
  expect(await due()).toBe(Date.parse(due_at));
});

test("both doing the same is no conflict", async ({ page, user, board, watch }) => {
  const { id } = await user.api.create({ role_title: "Contested" });
  await board.open();
  await board.saved();
  await keepStale(page);
  await user.api.patch(id, { status: "Screening" });
  watch.expectFailure(409, ONE);
  await board.drag(board.cardOf(id), "Screening");
  await board.saved();
  await expect(board.card("Contested", "Screening")).toBeVisible();
  await expect(board.toast("elsewhere")).toHaveCount(0);
});

test("a field that was changed elsewhere shows there, and mine can be had again", async ({
  page,
  user,
  sidebar,
  watch,
}) => {
  const { id } = await user.api.create({ role_title: "Contested", notes: "Old." });
  await sidebar.open(id);
  await sidebar.saved();
  await keepStale(page);
  await user.api.patch(id, { notes: "Theirs." });
  watch.expectFailure(409, ONE);
  await sidebar.fill("Notes", "Mine.");
  await expect(sidebar.toast(CHANGED_ELSEWHERE)).toContainText("Use your notes instead?");
  await sidebar.expectField("Notes", "Theirs.");
  await sidebar.act(CHANGED_ELSEWHERE, "Use mine");
  await sidebar.expectField("Notes", "Mine.");
  await sidebar.saved();
  expect((await user.api.get(id)).notes).toBe("Mine.");
});

test("a field that has the focus overwrites nothing that it did not show", async ({
  user,
  sidebar,
  watch,
}) => {
  const { id } = await user.api.create({ role_title: "Contested", notes: "Old." });
  await sidebar.open(id);
  await sidebar.saved();
  await sidebar.field("Notes").click();
  await user.api.patch(id, { company: "Theirs Ltd", notes: "Old. An hour of notes." });
  await sidebar.lookAgain();
  await sidebar.expectField("Company", "Theirs Ltd");
  await sidebar.expectField("Notes", "Old.");
  watch.expectFailure(409, ONE);
  await sidebar.field("Notes").press("End");
  await sidebar.field("Notes").pressSequentially(" ok");
  await sidebar.field("Notes").press("Tab");
  await expect(sidebar.toast("“Contested at Theirs Ltd” was changed elsewhere first")).toContainText(
    "Use your notes instead?",
  );
  await sidebar.expectField("Notes", "Old. An hour of notes.");
  expect((await user.api.get(id)).notes).toBe("Old. An hour of notes.");
});

test("coming back to the window makes a field no newer than it shows", async ({ user, sidebar, watch }) => {
  const { id } = await user.api.create({ role_title: "Contested", notes: "Old." });
  await sidebar.open(id);
  await sidebar.saved();
  await sidebar.field("Notes").click();
  await user.api.patch(id, { company: "Theirs Ltd", notes: "Theirs." });
  await sidebar.lookAgain();
  await sidebar.expectField("Company", "Theirs Ltd");
  // As Chromium says it of the field that still has the focus.
  await sidebar.field("Notes").dispatchEvent("focusin");
  watch.expectFailure(409, ONE);
  await sidebar.field("Notes").press("End");
  await sidebar.field("Notes").pressSequentially("!");
  await sidebar.field("Notes").press("Tab");
  await expect(sidebar.toast("was changed elsewhere first")).toContainText("Use your notes instead?");
  expect((await user.api.get(id)).notes).toBe("Theirs.");
  await sidebar.expectField("Notes", "Theirs.");
});

test("going from cell to cell overwrites no contact that came meanwhile", async ({ user, sidebar, watch }) => {
  const { id } = await user.api.create({ role_title: "Contested", contacts_inline: [{ name: "Bo" }, { name: "Cy" }] });
  await sidebar.open(id);
  await sidebar.saved();
  await sidebar.cell("contact", "Name").last().click();
  const theirs = [{ name: "Bobby" }, { name: "Cy" }, { name: "Dora" }];
  await user.api.patch(id, { company: "Theirs Ltd", contacts_inline: theirs });
  await sidebar.lookAgain();
  await sidebar.expectField("Company", "Theirs Ltd");
  watch.expectFailure(409, ONE);
  await sidebar.cell("contact", "Name").last().press("Tab");
  await sidebar.panel.locator(":focus").pressSequentially("Boss");
  await sidebar.panel.locator(":focus").press("Tab");
  await expect(sidebar.toast("was changed elsewhere first")).toBeVisible();
  expect((await user.api.get(id)).contacts_inline).toEqual(theirs);
});

test("what is being typed outlives a deletion elsewhere", async ({ user, sidebar, board }) => {
  const { id } = await user.api.create({ role_title: "Contested" });
  await sidebar.open(id);
  await sidebar.saved();
  await sidebar.field("Notes").pressSequentially("A paragraph.");
  await user.api.delete(id);
  await sidebar.lookAgain();
  await expect(sidebar.title).toHaveText("Not here");
  await sidebar.act("was deleted elsewhere while you changed it here", "Make it again");
  await board.card("Contested", "Applied").click();
  await sidebar.expectField("Notes", "A paragraph.");
});

test("Enter twice on what needs a decision overwrites nothing", async ({ page, user, sidebar, watch }) => {
  const { id } = await user.api.create({ role_title: "Contested", notes: "Old." });
  await sidebar.open(id);
  await sidebar.saved();
  await keepStale(page);
  await user.api.patch(id, { notes: "Theirs." });
  watch.expectFailure(409, ONE);
  await sidebar.fill("Notes", "Mine.");
  await sidebar.act(CHANGED_ELSEWHERE, "Dismiss");
  await sidebar.expectAttention(1);

  const panel = new SyncPanel(page);
  await panel.openByKey();
  await expect(panel.headline).toBeFocused();
  await expect(panel.headline).toHaveText("1 change needs you");
  await expect(panel.dialog).toContainText("A change from elsewhere came first");
  await page.keyboard.press("Enter");
  await expect(panel.displaced).toHaveCount(1);

  // What was pressed is gone, and the focus is not lost with it.
  await panel.keepTheirs("Contested");
  await expect(panel.displaced).toHaveCount(0);
  await expect(panel.headline).toBeFocused();
  await expect(panel.headline).toHaveText("Everything is saved");
  await panel.close();
  await sidebar.saved();
  expect(await user.api.get(id)).toMatchObject({ notes: "Theirs.", version: 2 });
});

test("the question fits a phone", async ({ page, user, sidebar, watch }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const { id } = await user.api.create({ role_title: "Senior Platform Engineer", notes: "Old." });
  await sidebar.open(id);
  await sidebar.saved();
  await keepStale(page);
  await user.api.patch(id, { notes: "Theirs." });
  watch.expectFailure(409, ONE);
  await sidebar.fill("Notes", "Mine.");
  const toast = sidebar.toast("was changed elsewhere first");
  await expect(toast).toBeVisible();
  expect((await toast.boundingBox())?.height).toBeLessThan(200);
});

test("many edits that gave way are one question, which counts them", async ({ page, user, board, watch }) => {
  const made = await user.api.createMany(4, "Applied");
  await board.open();
  await board.saved();
  watch.allowOffline(/\/api\/v1\//);
  await page.context().setOffline(true);
  for (const { role_title } of made) await board.drag(board.card(role_title), "Screening");
  for (const { id } of made) await user.api.patch(id, { status: "Offer" });
  await board.expectOffline(4);
  // A pull before the flush would be no conflict: these were seen as they are.
  await keepStale(page);
  watch.expectFailure(409, ONE);
  await page.context().setOffline(false);
  await expect(board.toast("4 changes need a decision")).toBeVisible();
  await expect(board.toast("moved elsewhere")).toHaveCount(0);
  await board.act("4 changes need a decision", "Look at it");
  const panel = new SyncPanel(page);
  await expect(panel.displaced).toHaveCount(4);
  await expect(board.toast("need a decision")).toHaveCount(0);
});

test("an edit of what was deleted elsewhere says so", async ({ page, user, board, watch }) => {
  const { id } = await user.api.create({ role_title: "Vanished" });
  await user.api.create({ role_title: "Other" });
  await board.open();
  await board.saved();
  await keepStale(page);
  await user.api.delete(id);
  watch.expectFailure(404, ONE);
  await board.drag(board.cardOf(id), "Screening");
  await expect(board.toast("“Vanished at Acme” was deleted elsewhere while you changed it here.")).toBeVisible();
  await expect(board.card("Vanished")).toHaveCount(0);
  // It can be made anew, with the edit.
  await board.act("“Vanished at Acme” was deleted elsewhere", "Make it again");
  await expect(board.card("Vanished", "Screening")).toBeVisible();
  await board.saved();
  expect(await user.api.exists(id)).toBe(false);
});

test("what another device did comes in when one looks again", async ({ user, board }) => {
  const { id } = await user.api.create({ role_title: "Followed" });
  const { id: doomed } = await user.api.create({ role_title: "Doomed" });
  await board.open();
  await expect(board.card("Followed", "Applied")).toBeVisible();
  await board.saved();
  await user.api.patch(id, { status: "Screening" });
  await user.api.create({ role_title: "New" });
  await user.api.delete(doomed);
  await board.lookAgain();
  await expect(board.card("Followed", "Screening")).toBeVisible();
  await expect(board.card("New", "Applied")).toBeVisible();
  await expect(board.card("Doomed")).toHaveCount(0);
  await board.expectCount("Applied", 1);
});

test("a save that fails for now stays, and is tried again", async ({ page, user, board, watch }) => {
  const { id } = await user.api.create({ role_title: "Patient" });
  await board.open();
  await board.saved();
  let broken = true;
  await page.route(ONE, (route) =>
    broken ? route.fulfill(problem(500, "internal", "Nothing was changed. Try again.")) : route.continue(),
  );
  watch.expectFailure(500, ONE);
  const failed = page.waitForResponse((response) => response.status() === 500);
  await board.drag(board.cardOf(id), "Screening");
  await failed;
  await expect(board.card("Patient", "Screening")).toHaveAttribute("data-pending");
  await expect(board.sync).toHaveText("Saving");
  expect((await user.api.get(id)).status).toBe("Applied");

  broken = false;
  await board.saved();
  await expect(board.card("Patient", "Screening")).not.toHaveAttribute("data-pending");
  expect((await user.api.get(id)).status).toBe("Screening");
});

test("a server that asks for time gets it, and the page says until when", async ({ page, user, board, watch }) => {
  const { id } = await user.api.create({ role_title: "Patient" });
  await board.open();
  await board.saved();
  const busy = problem(429, "too-many-requests", "Too many requests.");
  await page.route(ONE, (route) => route.fulfill({ ...busy, headers: { ...busy.headers, "retry-after": "60" } }));
  watch.expectFailure(429, ONE);
  await board.drag(board.cardOf(id), "Screening");
  await expect(board.sync).toHaveText("Waiting, 1");
  const panel = new SyncPanel(page);
  await panel.open();
  await expect(panel.dialog).toContainText(/The server asked to wait; it is tried again in \d+ s\./);
  await expect(panel.dialog.getByRole("button", { name: "Try now" })).toHaveCount(0);
});

test("an answer that is lost does nothing twice", async ({ page, user, board, watch }) => {
  const { id } = await user.api.create({ role_title: "Once" });
  await board.open();
  await board.saved();
  let lost = false;
  await page.route(ONE, async (route) => {
    if (lost) return route.continue();
    lost = true;
    const answer = await route.fetch();
    expect(answer.status()).toBe(200);
    await route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" });
  });
  watch.expectFailure(502, ONE);
  await board.drag(board.cardOf(id), "Screening");
  await expect.poll(() => lost).toBe(true);
  await board.saved();
  await expect(board.card("Once", "Screening")).toBeVisible();
  await expect(board.toasts).toHaveCount(1);
  const moves = (await user.api.stageEvents(id)).map((event) => event.to_status);
  expect(moves.toSorted()).toEqual(["Applied", "Screening"]);
  expect((await user.api.get(id)).version).toBe(2);
});

test("an edit says which state it was made on, by its number and its time", async ({ page, user, board }) => {
  const { id, version, updated_at } = await user.api.create({ role_title: "Seen" });
  await board.open();
  await board.saved();
  const sending = page.waitForRequest((request) => request.method() === "PATCH" && ONE.test(request.url()));
  await board.drag(board.cardOf(id), "Screening");
  const headers = (await sending).headers();
  await board.saved();
  expect(headers["if-match"]).toBe(`W/"${version}"`);
  expect(new Date(headers["x-if-updated-at"] ?? "")).toEqual(new Date(updated_at));
});

test("a save that is refused for good waits for its user, and says why", async ({ page, user, board, watch }) => {
  const { id } = await user.api.create({ role_title: "Refused" });
  await board.open();
  await board.saved();
  await page.route(ONE, (route) =>
    route.fulfill(
      problem(400, "validation", "status: Not on a Sunday.", {
        errors: [{ field: "status", message: "Not on a Sunday." }],
      }),
    ),
  );
  watch.expectFailure(400, ONE);
  await board.drag(board.cardOf(id), "Screening");
  await expect(board.toast("“Refused at Acme” could not be saved. Not on a Sunday.")).toBeVisible();
  // Nothing offers to undo what was never saved.
  await expect(board.toasts).toHaveCount(1);
  // It is not lost, but waits for its user, who drops it.
  await expect(board.card("Refused", "Screening")).toBeVisible();
  await expect(board.sync).toHaveAttribute("data-state", "attention");
  await board.act("“Refused at Acme” could not be saved.", "Look at it");
  await expect(board.syncPanel).toContainText("Not on a Sunday.");
  await expect(board.syncPanel.getByRole("heading", { name: "Refused", exact: true })).toBeVisible();
  await expect(board.syncPanel.getByRole("heading", { name: "Waiting", exact: true })).toHaveCount(0);
  await expect(board.syncPanel.getByRole("link", { name: "Open" })).toHaveAttribute("href", `/board/${id}`);
  await board.syncPanel.getByRole("button", { name: "Drop" }).click();
  await page.keyboard.press("Escape");
  await expect(board.card("Refused", "Applied")).toBeVisible();
  await board.expectCount("Applied", 1);
  await board.expectCount("Screening", 0);
  await board.saved();
});

test("what is done offline waits, counted, and is saved once online", async ({
  page,
  user,
  board,
  quickAdd,
  watch,
}) => {
  const { id } = await user.api.create({ role_title: "Traveller" });
  await board.open();
  await board.saved();
  watch.allowOffline(/\/api\/v1\//);
  await page.context().setOffline(true);
  await board.drag(board.cardOf(id), "Screening");
  await expect(board.sync).toHaveText("Offline, 1 waiting");
  await page.keyboard.press("c");
  await quickAdd.type("Acme", "On the train");
  await expect(board.sync).toHaveText("Offline, 2 waiting");
  await expect(board.sync).toHaveAttribute("data-state", "offline");
  await expect(board.card("On the train", "Applied")).toBeVisible();

  await page.context().setOffline(false);
  await board.saved();
  await board.reload();
  await expect(board.card("Traveller", "Screening")).toBeVisible();
  await expect(board.card("On the train", "Applied")).toBeVisible();
});
