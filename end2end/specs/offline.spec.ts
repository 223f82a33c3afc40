import { Board } from "../pages/board.ts";
import { Installed } from "../pages/installed.ts";
import { QuickAdd } from "../pages/quick-add.ts";
import { Sidebar } from "../pages/sidebar.ts";
import { SyncPanel } from "../pages/sync-panel.ts";
import { freshPage, pageKiller } from "../support/processes.ts";
import { keepStale } from "../support/stale.ts";
import { expect, test } from "../support/test.ts";

const API = /\/api\/v1\//;
const EDITS = /\/api\/v1\/(applications|settings)/;
const ONE = /\/api\/v1\/applications\/[0-9a-f-]{36}$/;

test.describe("from the cache", () => {
  test.use({ serviceWorkers: "allow" });

  test("all that is done offline outlasts the page, and is sent exactly once", async ({
    page,
    user,
    board,
    quickAdd,
    sidebar,
    archive,
    settings,
    watch,
  }) => {
    const moved = await user.api.create({ role_title: "Moved" });
    const edited = await user.api.create({ role_title: "Edited" });
    const put = await user.api.create({ role_title: "Put away" });
    const before = await user.api.settings();
    const installed = new Installed(page);
    await installed.keeps(board);

    watch.allowOffline(API);
    await page.context().setOffline(true);
    await board.drag(board.cardOf(moved.id), "Screening");
    await board.expectOffline(1);
    await page.keyboard.press("c");
    await quickAdd.type("Acme", "Made");
    await board.expectOffline(2);
    const made = (await board.card("Made", "Applied").getAttribute("data-id")) ?? "";
    await board.cardOf(edited.id).click();
    await sidebar.fill("Notes", "Written on the train.");
    await board.expectOffline(3);
    await sidebar.close.click();
    await board.cardOf(put.id).click();
    await sidebar.archive.click();
    await expect(board.cardOf(put.id)).toHaveCount(0);
    await board.expectOffline(4);
    await settings.nav.getByRole("link", { name: "Settings" }).click();
    await settings.name.fill("Far Away");
    await settings.name.press("Tab");
    await settings.expectOffline(5);

    await page.reload();
    await installed.expectShell();
    await expect(settings.name).toHaveValue("Far Away");
    await settings.expectOffline(5);
    await board.open();
    await installed.expectShell();
    await expect(board.card("Moved", "Screening")).toBeVisible();
    await expect(board.card("Made", "Applied")).toBeVisible();
    await expect(board.card("Edited", "Applied")).toBeVisible();
    await expect(board.card("Put away")).toHaveCount(0);
    await board.expectCount("Applied", 2);
    await board.expectOffline(5);
    await sidebar.open(edited.id);
    await installed.expectShell();
    await sidebar.expectField("Notes", "Written on the train.");
    await sidebar.expectOffline(5);
    await sidebar.open(made);
    await expect(sidebar.title).toHaveText("Made");
    await archive.open();
    await installed.expectShell();
    await expect(archive.row("Put away")).toBeVisible();
    await archive.expectOffline(5);

    // A page from the cache has no token yet, and fetches one when it is told so.
    watch.expectFailure(403, EDITS);
    await page.context().setOffline(false);
    await archive.saved();
    const rows = await user.api.all();
    expect(rows.map(({ role_title, version }) => [role_title, version]).toSorted()).toEqual([
      ["Edited", 2],
      ["Made", 1],
      ["Moved", 2],
      ["Put away", 2],
    ]);
    expect(rows.find(({ id }) => id === edited.id)?.notes).toBe("Written on the train.");
    expect(rows.find(({ id }) => id === put.id)?.archived_at).not.toBeNull();
    expect(rows.find(({ id }) => id === made)).toMatchObject({ company: "Acme", status: "Applied" });
    const moves = (await user.api.stageEvents(moved.id)).map(({ to_status }) => to_status);
    expect(moves.toSorted()).toEqual(["Applied", "Screening"]);
    expect(await user.api.stageEvents(made)).toHaveLength(1);
    expect(await user.api.settings()).toMatchObject({ display_name: "Far Away", version: before.version + 1 });

    await board.open();
    await installed.expectShell(false);
    await expect(board.card("Moved", "Screening")).toBeVisible();
    await board.saved();
  });

  test("an address of an application opens it without a network", async ({ page, user, board, watch }) => {
    const { id } = await user.api.create({ role_title: "Deep", notes: "Below." });
    await user.api.patch(id, { status: "Screening" });
    const installed = new Installed(page);
    await installed.keeps(board);

    watch.allowOffline(API);
    await page.context().setOffline(true);
    const late = new Sidebar(await page.context().newPage());
    await late.open(id);
    await new Installed(late.page).expectShell();
    await expect(late.title).toHaveText("Deep");
    await late.expectField("Notes", "Below.");
    await expect(late.history).toHaveCount(2);
    await expect(new Board(late.page).card("Deep", "Screening")).toBeVisible();
    await late.expectOffline(0);
  });
});

test("an edit that gave way can be compared, made again or dropped, also later", async ({
  page,
  user,
  sidebar,
  board,
  newDevice,
  watch,
}) => {
  const one = await user.api.create({ role_title: "First", notes: "Old." });
  const two = await user.api.create({ role_title: "Second", notes: "Old." });
  const other = new Sidebar(await newDevice());
  await other.open(one.id);
  await sidebar.open(one.id);
  await sidebar.saved();
  const release = await keepStale(page);
  await other.fill("Notes", "Theirs.");
  await other.saved();
  await other.open(two.id);
  await other.fill("Notes", "Theirs too.");
  await other.saved();

  watch.expectFailure(409, ONE);
  await sidebar.fill("Notes", "Mine.");
  await expect(sidebar.toast("“First at Acme” was changed elsewhere first")).toContainText("Use your notes instead?");
  await sidebar.act("“First at Acme” was changed elsewhere first", "Dismiss");
  await sidebar.expectAttention(1);
  await sidebar.close.click();
  await board.cardOf(two.id).click();
  await expect(sidebar.title).toHaveText("Second");
  await sidebar.fill("Notes", "Mine too.");
  await expect(sidebar.toast("“Second at Acme” was changed elsewhere first")).toBeVisible();
  await sidebar.act("“Second at Acme” was changed elsewhere first", "Dismiss");
  await sidebar.expectAttention(2);
  await release();

  await board.open();
  await board.expectAttention(2);
  await expect(board.toasts).toHaveCount(0);
  const panel = new SyncPanel(page);
  await panel.open();
  await expect(panel.displaced).toHaveCount(2);
  await panel.expectField("First", "notes", "Mine.", "Theirs.");
  await panel.expectField("Second", "notes", "Mine too.", "Theirs too.");
  await panel.useMine("First");
  await expect(panel.displaced).toHaveCount(1);
  await expect(panel.of("Second")).toBeFocused();
  await panel.keepTheirs("Second");
  await expect(panel.displaced).toHaveCount(0);
  await panel.close();
  await expect(board.sync).toHaveText("Saved");
  expect(await user.api.get(one.id)).toMatchObject({ notes: "Mine.", version: 3 });
  expect(await user.api.get(two.id)).toMatchObject({ notes: "Theirs too.", version: 2 });

  await board.reload();
  await expect(board.sync).toHaveText("Saved");
  await board.cardOf(one.id).click();
  await sidebar.expectField("Notes", "Mine.");
});

test.describe("two tabs", () => {
  test("edit one record one after the other, and at the same time", async ({ page, user, sidebar, watch }) => {
    const { id } = await user.api.create({ role_title: "Shared" });
    const other = new Sidebar(await page.context().newPage());
    await sidebar.open(id);
    await other.open(id);
    await Promise.all([sidebar.saved(), other.saved()]);

    await sidebar.fill("Notes", "From the first.");
    await other.expectField("Notes", "From the first.");
    await other.fill("Place", "From the second");
    await sidebar.expectField("Place", "From the second");
    await sidebar.move("Screening");
    await expect(other.status).toHaveValue("Screening");
    await other.move("Tech_Screen");
    await expect(sidebar.status).toHaveValue("Tech_Screen");
    await Promise.all([sidebar.saved(), other.saved()]);
    expect((await user.api.get(id)).version).toBe(5);

    // At the same time: who answers first is not known, what comes of it is.
    await Promise.all([sidebar.fill("Notes", "Both."), other.fill("Place", "Both")]);
    await Promise.all([sidebar.move("Offer"), other.fill("Source", "Fair")]);
    await Promise.all([sidebar.saved(), other.saved()]);
    for (const tab of [sidebar, other]) {
      await tab.expectField("Notes", "Both.");
      await tab.expectField("Place", "Both");
      await tab.expectField("Source", "Fair");
      await expect(tab.status).toHaveValue("Offer");
      await expect(tab.toast("changed elsewhere")).toHaveCount(0);
      await expect(tab.sync).toHaveText("Saved");
    }
    expect(await user.api.get(id)).toMatchObject({ notes: "Both.", location_text: "Both", source: "Fair", status: "Offer" });
    const moves = (await user.api.stageEvents(id)).map(({ to_status }) => to_status);
    expect(moves.toSorted()).toEqual(["Applied", "Offer", "Screening", "Tech_Screen"]);
    watch.verify();
  });

  test("go offline with one record, and come back", async ({ page, user, sidebar, watch }) => {
    const { id } = await user.api.create({ role_title: "Shared" });
    const other = new Sidebar(await page.context().newPage());
    await sidebar.open(id);
    await other.open(id);
    await Promise.all([sidebar.saved(), other.saved()]);

    watch.allowOffline(API);
    await page.context().setOffline(true);
    await sidebar.move("Screening");
    await sidebar.expectOffline(1);
    await expect(other.status).toHaveValue("Screening");
    await other.move("Offer");
    await expect(sidebar.status).toHaveValue("Offer");
    await Promise.all([sidebar.fill("Notes", "Both."), other.fill("Place", "Both")]);
    await sidebar.expectField("Place", "Both");
    await other.expectField("Notes", "Both.");

    await page.context().setOffline(false);
    await Promise.all([sidebar.saved(), other.saved()]);
    for (const tab of [sidebar, other]) {
      await tab.expectField("Notes", "Both.");
      await tab.expectField("Place", "Both");
      await expect(tab.status).toHaveValue("Offer");
      await expect(tab.toast("changed elsewhere")).toHaveCount(0);
      await expect(tab.sync).toHaveText("Saved");
    }
    expect(await user.api.get(id)).toMatchObject({ notes: "Both.", location_text: "Both", status: "Offer" });
    const moves = (await user.api.stageEvents(id)).map(({ to_status }) => to_status);
    expect(moves.toSorted()).toEqual(["Applied", "Offer", "Screening"]);
  });
});

const PORTALS = {
  "its page": { contentType: "text/html", body: "<h1>Welcome to our hotel</h1>" },
  nothing: { body: "" },
};

for (const [what, portal] of Object.entries(PORTALS)) {
  test(`what a captive portal answers is not taken for the server's: ${what}`, async ({ page, user, board, quickAdd }) => {
    const { id } = await user.api.create({ role_title: "Hotel" });
    await board.open();
    await board.saved();
    let asked = 0;
    await page.route("**/api/**", (route) => {
      asked += 1;
      return route.fulfill({ status: 200, ...portal });
    });
    await board.drag(board.cardOf(id), "Screening");
    await board.expectOffline(1);
    await page.keyboard.press("c");
    await quickAdd.type("Acme", "From the lobby");
    await board.expectOffline(2);
    const before = asked;
    await board.lookAgain();
    await expect.poll(() => asked).toBeGreaterThan(before);
    await board.expectOffline(2);
    await expect(board.card("Hotel", "Screening")).toHaveAttribute("data-pending");
    expect((await user.api.get(id)).version).toBe(1);

    await page.unroute("**/api/**");
    await board.lookAgain();
    await board.saved();
    const rows = await user.api.all();
    expect(rows.map(({ role_title, version }) => [role_title, version]).toSorted()).toEqual([
      ["From the lobby", 1],
      ["Hotel", 2],
    ]);
  });
}

test.describe("a tab that dies", () => {
  test.use({ serviceWorkers: "block" });

  test("what was acknowledged outlasts the death of its tab", async ({ page, user, board, browser, watch }) => {
    test.setTimeout(150_000);
    const cards = await user.api.createMany(6, "Applied");
    await board.open();
    await board.whole();
    await board.saved();
    watch.allowOffline(API);
    // Pages come, edits do not go: no worker is needed, which would die with the tab.
    await page.context().route(API, (route) => route.abort("internetdisconnected"));

    /** Makes the edit of a number in a page. */
    const edit = async (number: number, { page }: Board): Promise<void> => {
      const card = cards[Math.floor(number / 2)]!;
      const [board, sidebar] = [new Board(page), new Sidebar(page)];
      if (number >= 6) {
        await page.keyboard.press("c");
        await new QuickAdd(page).type("Acme", `Made ${number}`);
      } else if (number % 2 === 0) {
        await board.drag(board.cardOf(card.id), "Screening");
      } else {
        await board.cardOf(card.id).click();
        await sidebar.fill("Notes", `Note ${number}`);
      }
    };
    const expectEdit = async (number: number, { page }: Board): Promise<void> => {
      const card = cards[Math.floor(number / 2)]!;
      const [board, sidebar] = [new Board(page), new Sidebar(page)];
      if (number >= 6) {
        await expect(board.card(`Made ${number}`, "Applied")).toBeVisible();
      } else if (number % 2 === 0) {
        await expect(board.column("Screening").locator(`[data-id="${card.id}"]`)).toBeVisible();
      } else {
        await board.cardOf(card.id).click();
        await sidebar.expectField("Notes", `Note ${number}`);
        await sidebar.close.click();
      }
    };

    let now = board;
    for (let number = 0; number < 10; number++) {
      const kill = await pageKiller(browser);
      const died = now.page.waitForEvent("crash");
      await edit(number, now);
      await now.page.waitForFunction(
        (words) => document.querySelector(".page-header .sync")?.textContent?.trim() === words,
        `Offline, ${number + 1} waiting`,
      );
      kill();
      await died;
      const next = new Board(await freshPage(page.context()));
      await now.page.close();
      await next.open();
      await next.expectOffline(number + 1);
      await expectEdit(number, next);
      now = next;
    }

    await page.context().unroute(API);
    await now.lookAgain();
    await now.saved();
    const rows = await user.api.all();
    expect(rows).toHaveLength(6 + 4);
    expect(rows.filter(({ role_title }) => role_title.startsWith("Made"))).toHaveLength(4);
    for (const [index, { id }] of cards.entries()) {
      const edited = index < 3;
      expect(rows.find((row) => row.id === id)).toMatchObject({
        version: edited ? 3 : 1,
        status: edited ? "Screening" : "Applied",
        notes: edited ? `Note ${index * 2 + 1}` : null,
      });
    }
  });
});
