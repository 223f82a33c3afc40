import { Board } from "../pages/board.ts";
import { QuickAdd } from "../pages/quick-add.ts";
import { SignIn } from "../pages/sign-in.ts";
import { Settings } from "../pages/settings.ts";
import { SyncPanel } from "../pages/sync-panel.ts";
import { expect, test } from "../support/test.ts";

test("from the mail to a moved card", async ({ page, server }) => {
  const address = `hunter-${crypto.randomUUID()}@example.com`;
  const [board, quickAdd] = [new Board(page), new QuickAdd(page)];
  await new SignIn(page).byLink(server.mailbox, address);
  await board.hydrated();

  const start = performance.now();
  await page.keyboard.press("c");
  await quickAdd.type("Northwind", "Platform Engineer");
  await expect(board.card("Platform Engineer", "Applied")).toBeVisible();
  await board.expectCount("Applied", 1);
  await board.saved();
  expect(performance.now() - start, "milliseconds to add an application").toBeLessThan(15_000);
  await expect(quickAdd.dialog).toBeHidden();
  await expect(board.card("Platform Engineer")).toContainText("Northwind");

  await board.drag(board.card("Platform Engineer"), "Screening");
  await expect(board.card("Platform Engineer", "Screening")).toBeVisible();
  await board.expectCount("Applied", 0);
  await board.expectCount("Screening", 1);
  await board.saved();

  await board.reload();
  await expect(board.card("Platform Engineer", "Screening")).toBeVisible();
  await board.expectCount("Applied", 0);
  await board.expectCount("Screening", 1);
  // A drag is no click.
  await expect(page).toHaveURL("/board");
});

test("after a drag the keyboard goes on at once", async ({ page, user, board, quickAdd }) => {
  await user.api.create({ role_title: "Dragged" });
  await board.open();
  await board.drag(board.card("Dragged"), "Screening");
  await expect(board.card("Dragged", "Screening")).toBeFocused();
  // Enter in a form is a click that no pointer made.
  await page.keyboard.press("c");
  await quickAdd.type("Acme", "Typed");
  await expect(board.card("Typed", "Applied")).toBeVisible();
  await board.saved();
});

test("an empty board says how to begin", async ({ page, board, quickAdd }) => {
  await board.open();
  await expect(board.empty).toContainText("Start your hunt");
  await board.empty.getByRole("button", { name: "Add an application" }).click();
  await quickAdd.type("Acme", "First");
  await expect(board.card("First", "Applied")).toBeVisible();
  await expect(board.empty).toHaveCount(0);
  await board.saved();
  await board.act("Added First at Acme", "Open");
  await expect(page.getByRole("heading", { name: "First" })).toBeVisible();
});

test("a move is undone from its toast, and leaves no trace", async ({ user, board }) => {
  const { id } = await user.api.create({ role_title: "Wanderer", status: "Applied" });
  await board.open();
  await board.drag(board.card("Wanderer"), "Screening");
  await expect(board.card("Wanderer", "Screening")).toBeVisible();
  await board.saved();
  await board.act(/Moved Wanderer at .+ to Screening/, "Undo");
  await expect(board.card("Wanderer", "Applied")).toBeVisible();
  await board.expectCount("Screening", 0);
  await board.saved();
  await board.reload();
  await expect(board.card("Wanderer", "Applied")).toBeVisible();
  const counting = (await user.api.stageEvents(id)).filter((event) => event.voided_at === null);
  expect(counting.map((event) => event.to_status)).toEqual(["Applied"]);
});

test("a move is undone before it was saved", async ({ page, user, board }) => {
  const { id } = await user.api.create({ role_title: "Quick", status: "Applied" });
  await board.open();
  await board.saved();
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(`**/api/v1/applications/${id}`, async (route) => {
    await held;
    await route.continue();
  });
  await board.drag(board.card("Quick"), "Screening");
  await board.act(/Moved Quick at .+ to Screening/, "Undo");
  await expect(board.card("Quick", "Applied")).toBeVisible();
  release();
  await board.saved();
  await expect(board.card("Quick", "Applied")).toBeVisible();
  expect((await user.api.get(id)).status).toBe("Applied");
});

test("only the newest move of a card can be undone", async ({ user, board, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Twice", status: "Applied" });
  await board.open();
  await board.drag(board.card("Twice"), "Screening");
  await expect(board.toast(/Moved Twice at .+ to Screening/)).toBeVisible();
  await board.drag(board.card("Twice"), "Recruiter_Call");
  await expect(board.toast(/Moved Twice at .+ to Recruiter call/)).toBeVisible();
  // At once, and not when its time is over.
  expect(await board.toasts.allInnerTexts()).toHaveLength(1);
  await board.act(/Moved Twice at .+ to Recruiter call/, "Undo");
  await expect(board.card("Twice", "Screening")).toBeVisible();
  await board.saved();
  expect((await user.api.get(id)).status).toBe("Screening");
  await sidebar.open(id);
  await sidebar.fill("Notes", "It went on.");
  await sidebar.saved();
  expect((await user.api.get(id)).notes).toBe("It went on.");
});

test("an undo that the server refuses is dropped, and the card goes on", async ({ page, user, board, sidebar, watch }) => {
  const { id } = await user.api.create({ role_title: "Late", status: "Applied" });
  await sidebar.open(id);
  await sidebar.move("Screening");
  await expect(board.toast(/Moved Late at .+ to Screening/)).toBeVisible();
  await board.saved();
  // Another device moves it, and this one hears of that while the offer stands.
  await user.api.patch(id, { status: "Offer" });
  await board.lookAgain();
  await expect(board.card("Late", "Offer")).toBeVisible();
  watch.expectFailure(400, new RegExp(`/api/v1/applications/${id}$`));
  await board.act(/Moved Late at .+ to Screening/, "Undo");
  await expect(board.toast("“Late” was moved again since")).toBeVisible();
  await expect(board.card("Late", "Offer")).toBeVisible();
  await sidebar.fill("Notes", "It went on.");
  await expect.poll(() => user.api.get(id)).toMatchObject({ status: "Offer", notes: "It went on." });
  await page.keyboard.press("Escape");
  await expect(board.sync).toHaveText("Saved");
});

test("a card dropped in its own column, or nowhere, stays", async ({ page, user, board }) => {
  await user.api.create({ role_title: "Other", status: "Applied" });
  await user.api.create({ role_title: "Steady", status: "Applied" });
  await board.open();
  await board.lift(board.card("Steady"), "Screening");
  const rail = await board.nav.boundingBox();
  await page.mouse.move((rail?.x ?? 0) + 10, 300, { steps: 5 });
  await expect(board.column("Screening")).not.toHaveAttribute("data-over");
  await page.mouse.up();
  await expect(board.dragged).toHaveCount(0);
  await expect(board.card("Steady", "Applied")).toBeVisible();

  await board.lift(board.card("Steady"), "Screening");
  await page.keyboard.press("Escape");
  await expect(board.dragged).toHaveCount(0);
  await page.mouse.up();
  await expect(board.card("Steady", "Applied")).toBeVisible();
  await expect(page).toHaveURL("/board");
  // Of a move there is a toast once the board has shown it: by then one of a drop would be there.
  await board.drag(board.card("Other"), "Screening");
  await expect(board.toast(/Moved Other at .+ to Screening/)).toBeVisible();
  await expect(board.toasts).toHaveCount(1);
});

test("a card dropped on a folded column goes there", async ({ user, board }) => {
  const { id } = await user.api.create({ role_title: "Over", status: "Offer" });
  await board.open();
  await board.column("Rejected").scrollIntoViewIfNeeded();
  await expect(board.column("Rejected").getByRole("button")).toHaveAttribute("aria-expanded", "false");
  await board.drag(board.card("Over"), "Rejected");
  await board.expectCount("Rejected", 1);
  await board.expectCount("Offer", 0);
  await board.saved();
  expect((await user.api.get(id)).status).toBe("Rejected");
  await board.unfold("Rejected");
  await expect(board.card("Over", "Rejected")).toBeVisible();
});

test("a card is archived by E, brought back by undo, and restored from the archive", async ({
  page,
  user,
  board,
  archive,
}) => {
  await user.api.create({ role_title: "Old", status: "Applied" });
  await user.api.create({ role_title: "Other", status: "Applied" });
  await board.open();
  await board.card("Old").focus();
  await page.keyboard.press("e");
  await expect(board.card("Old")).toHaveCount(0);
  await board.expectCount("Applied", 1);
  await board.act("Archived Old", "Undo");
  await expect(board.card("Old", "Applied")).toBeVisible();

  await board.card("Old").focus();
  await page.keyboard.press("e");
  await expect(board.card("Old")).toHaveCount(0);
  await board.saved();
  await board.nav.getByRole("link", { name: "Archive" }).click();
  await expect(page).toHaveURL("/archive");
  await expect(archive.row("Old")).toContainText("Applied");
  await expect(page.locator(".page-sub")).toHaveText("1 application");
  await archive.reload();
  await archive.restore("Old");
  await expect(archive.empty).toBeVisible();
  await archive.saved();

  await archive.nav.getByRole("link", { name: "Board", exact: true }).click();
  await expect(board.card("Old", "Applied")).toBeVisible();
  await board.expectCount("Applied", 2);
  await board.reload();
  await expect(board.card("Old", "Applied")).toBeVisible();
});

test("a board of archived cards alone says so", async ({ page, user, board }) => {
  await user.api.create({ role_title: "Only" });
  await board.open();
  await board.card("Only").focus();
  await page.keyboard.press("e");
  await expect(board.empty).toContainText("Nothing on the board");
});

test("a deletion is undone within its grace", async ({ user, board, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Spared" });
  await sidebar.open(id);
  await sidebar.delete.click();
  await expect(sidebar.panel).toHaveCount(0);
  await expect(board.card("Spared")).toHaveCount(0);
  await board.act("Deleted Spared", "Undo");
  await expect(board.card("Spared", "Applied")).toBeVisible();
  await board.reload();
  await expect(board.card("Spared", "Applied")).toBeVisible();
  expect(await user.api.exists(id)).toBe(true);
});

test("a deletion is undone in the list of what waits, too", async ({ page, user, board, sidebar }) => {
  const { id } = await user.api.create({ company: "Northwind", role_title: "Spared" });
  await sidebar.open(id);
  await sidebar.saved();
  await sidebar.delete.click();
  await expect(board.toast("Deleted Spared")).toBeVisible();
  const panel = new SyncPanel(page);
  await panel.open();
  await expect(panel.headline).toHaveText("Saved, 1 deletion can still be undone");
  await expect(panel.waiting).toContainText("Spared at Northwind");
  await panel.undo("Spared");
  await expect(panel.waiting).toHaveCount(0);
  await expect(panel.headline).toBeFocused();
  await panel.close();
  await expect(board.card("Spared", "Applied")).toBeVisible();
  await expect(board.toast("Deleted Spared")).toHaveCount(0);
  expect(await user.api.exists(id)).toBe(true);
});

test("a deletion stays done when its page is left within its grace", async ({ user, board, sidebar, archive }) => {
  const { id } = await user.api.create({ role_title: "Doomed" });
  await user.api.create({ role_title: "Other" });
  await sidebar.open(id);
  await sidebar.delete.click();
  await expect(board.card("Doomed")).toHaveCount(0);
  expect(await user.api.exists(id), "within the grace").toBe(true);
  await archive.open();
  await board.open();
  await expect(board.card("Other", "Applied")).toBeVisible();
  await expect(board.card("Doomed")).toHaveCount(0);
  await board.expectCount("Applied", 1);
  // Its undo is over after half a minute.
  await expect.poll(() => user.api.exists(id), { timeout: 40_000 }).toBe(false);
});

test("a column's own button adds to it, and quick add says where it goes", async ({ page, board, quickAdd, user }) => {
  await user.api.create({ role_title: "Anything" });
  await board.open();
  await board.addTo("Draft", "Draft");
  await expect(quickAdd.status.locator("option:checked")).toHaveText("Draft");
  await quickAdd.type("Lumen", "Idea");
  await expect(board.card("Idea", "Draft")).toBeVisible();
  await board.expectCount("Draft", 1);

  // What is begun for one column may go to another.
  await page.keyboard.press("c");
  await expect(quickAdd.status.locator("option:checked")).toHaveText("Applied");
  await expect(quickAdd.when).toBeVisible();
  await quickAdd.company.fill("Kite");
  await quickAdd.status.selectOption({ label: "Draft" });
  await expect(quickAdd.when).toHaveCount(0);
  await quickAdd.role.fill("Maybe");
  await quickAdd.role.press("Enter");
  await expect(board.card("Maybe", "Draft")).toBeVisible();
  await board.saved();
  const rows = await user.api.all();
  expect(rows.find((row) => row.role_title === "Maybe")).toMatchObject({ company: "Kite", application_date: null });
});

test("Enter in the company goes to the role, as Tab does", async ({ page, board, quickAdd, user }) => {
  await user.api.create({ role_title: "Anything" });
  await board.open();
  await page.keyboard.press("c");
  await expect(quickAdd.company).toBeFocused();
  await page.keyboard.type("Acme");
  await page.keyboard.press("Enter");
  await expect(quickAdd.role).toBeFocused();
  await expect(quickAdd.dialog).not.toContainText("Give a role.");
  await page.keyboard.type("Engineer");
  await page.keyboard.press("Enter");
  await expect(board.card("Engineer", "Applied")).toBeVisible();
});

test("quick add complains beside the field, and forgets what was cancelled", async ({
  page,
  board,
  quickAdd,
  user,
}) => {
  await user.api.create({ role_title: "Anything" });
  await board.open();
  await page.keyboard.press("c");
  await quickAdd.type("Acme", "");
  await expect(quickAdd.dialog).toContainText("Give a role.");
  await expect(quickAdd.role).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(quickAdd.dialog).toBeHidden();
  await page.keyboard.press("c");
  await expect(quickAdd.company).toHaveValue("");
  await expect(quickAdd.dialog).not.toContainText("Give a role.");
});

test("quick add warns of an application that is there already", async ({ page, board, quickAdd, user }) => {
  await user.api.create({ company: "Northwind", role_title: "Platform Engineer", status: "Screening" });
  await board.open();
  await page.keyboard.press("c");
  await quickAdd.company.fill("northwind");
  await expect(quickAdd.guard).toContainText("You applied for Platform Engineer at Northwind on ");
  await expect(quickAdd.guard).toContainText("It is in Screening.");
  await quickAdd.company.fill("Southwind");
  await expect(quickAdd.guard).toHaveCount(0);
});

test("columns fold and unfold", async ({ user, board }) => {
  await user.api.create({ role_title: "Hidden", status: "Applied" });
  await board.open();
  await board.fold("Applied", "Applied");
  await expect(board.card("Hidden")).toHaveCount(0);
  await board.expectCount("Applied", 1);
  await board.unfold("Applied");
  await expect(board.card("Hidden", "Applied")).toBeVisible();
});

test("search narrows the board by every word", async ({ page, user, board }) => {
  await user.api.create({ company: "Northwind", role_title: "Platform Engineer", tags: ["rust"] });
  await user.api.create({ company: "Acme", role_title: "Backend Engineer", tags: ["rust", "remote"] });
  await user.api.create({ company: "Vertex", role_title: "Designer", status: "Screening" });
  await board.open();
  await page.keyboard.press("/");
  await expect(board.search).toBeFocused();
  await page.keyboard.type("RUST eng");
  await expect(board.matches).toHaveText("2 matches");
  await board.expectCount("Applied", 2);
  await board.expectFolded("Screening");
  await expect(board.column("Screening").locator(".column-count")).toHaveText("0 of 1");
  await expect(board.card("Designer")).toHaveCount(0);
  await page.keyboard.type(" acme");
  await expect(board.matches).toHaveText("1 match");
  await board.expectRoles("Applied", ["Backend Engineer"]);
  await page.keyboard.press("Escape");
  await expect(board.search).toHaveValue("");
  await expect(board.matches).toBeEmpty();
  await board.expectCount("Applied", 2);
  await expect(board.card("Designer", "Screening")).toBeVisible();
});

for (const [screen, viewport] of Object.entries({ desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } })) {
  test(`search leads to its matches, wherever they stand (${screen})`, async ({ page, user, board, sidebar }) => {
    await page.setViewportSize(viewport);
    await user.api.createMany(3, "Draft");
    const { id } = await user.api.create({ role_title: "Needle", status: "Offer" });
    await user.api.create({ role_title: "Second needle", status: "Rejected" });
    await user.api.create({ role_title: "Needle of old", archived_at: new Date().toISOString() });
    await board.open();
    await board.search.fill("needle");
    await expect(board.matches).toHaveText("2 matches");
    await expect(board.matches).toBeInViewport();
    await expect(board.cardOf(id)).toBeInViewport({ ratio: 0.9 });
    await expect(board.card("Second needle", "Rejected")).toBeVisible();
    for (const status of ["Draft", "Applied", "Accepted"] as const) await board.expectFolded(status);
    await expect(page.getByRole("link", { name: "1 more in the archive" })).toBeVisible();

    await board.search.press("ArrowDown");
    await expect(board.cardOf(id)).toBeFocused();
    await board.search.press("Enter");
    await expect(sidebar.title).toHaveText("Needle");
    await page.keyboard.press("Escape");
    await expect(board.search).toHaveValue("needle");
    // With nothing else to close, it ends the search.
    await expect(sidebar.panel).toHaveCount(0);
    await page.keyboard.press("Escape");
    await expect(board.search).toHaveValue("");
    await expect(board.cardOf(id)).toBeFocused();

    await board.search.fill("haystack");
    await expect(board.matches).toHaveText("No matches");
    await expect(page.getByText("Nothing on the board matches “haystack”")).toBeInViewport();
    await board.search.press("Escape");
    await expect(board.search).toHaveValue("");
    await board.expectCount("Draft", 3);
    await expect(board.cards("Draft")).toHaveCount(3);
  });
}

test("the archive shows what a search found there", async ({ page, user, board, archive }) => {
  const archived_at = new Date().toISOString();
  await user.api.create({ role_title: "Here" });
  await user.api.create({ role_title: "Needle of old", archived_at });
  await user.api.create({ role_title: "Other", archived_at });
  await board.open();
  await board.search.fill("needle");
  await expect(board.matches).toHaveText("No matches");
  await page.getByRole("link", { name: "1 in the archive" }).click();
  await expect(page).toHaveURL("/archive?q=needle");
  await expect(archive.row("Needle of old")).toBeVisible();
  await expect(archive.row("Other")).toHaveCount(0);
  await page.getByRole("link", { name: "Show all" }).click();
  await expect(archive.row("Other")).toBeVisible();
});

test("every page is reached by the rail, without loading anew", async ({ page, user, board, settings }) => {
  await user.api.create({ role_title: "Here" });
  await board.open();
  await page.evaluate(() => Object.assign(window, { same: true }));
  await board.nav.getByRole("link", { name: "Settings" }).click();
  await expect(settings.theme).toBeVisible();
  await board.nav.getByRole("link", { name: "Archive" }).click();
  await expect(page.getByRole("heading", { name: "Archive", level: 1 })).toBeVisible();
  await page.goBack();
  await expect(new Settings(page).theme).toBeVisible();
  await board.nav.getByRole("link", { name: "Board", exact: true }).click();
  await expect(board.card("Here", "Applied")).toBeVisible();
  expect(await page.evaluate(() => "same" in window)).toBe(true);
});
