import { Installed } from "../pages/installed.ts";
import { expect, test } from "../support/test.ts";

const API = /\/api\/v1\//;

/** A day so many days ago, by the calendar in Lagos, an hour ahead of UTC. */
function dayAgo(days: number): string {
  return new Date(Date.now() + 3_600_000 - days * 86_400_000).toISOString().slice(0, 10);
}

test("the day of a move is put right, and what follows from it", async ({ user, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Late", status: "Draft" });
  await sidebar.open(id);
  await sidebar.saved();
  await sidebar.expectField("Applied on", "");
  await sidebar.move("Applied");
  await expect(sidebar.history).toHaveText([/Applied.*under a day here/, /Draft/]);
  await sidebar.expectDate("Applied on", dayAgo(0));

  await sidebar.correct("Applied");
  await expect(sidebar.field("Happened")).toBeFocused();
  await sidebar.field("Happened").fill("12 days ago");
  await sidebar.field("Happened").press("Enter");
  await expect(sidebar.history.first()).toHaveText(/Applied.*12 days here/);
  await expect(sidebar.panel.locator(".sidebar-since")).toHaveText("12 days here");
  await sidebar.expectDate("Applied on", dayAgo(12));
  await expect(sidebar.dayOf("Applied")).toBeFocused();
  await sidebar.saved();
  expect((await user.api.get(id)).application_date).toBe(dayAgo(12));

  // What did not happen counts no more, and comes back.
  await sidebar.move("Screening");
  await sidebar.correct("Applied");
  await sidebar.panel.getByRole("button", { name: "Did not happen" }).click();
  await expect(sidebar.history).toHaveText([/Screening/, /Draft/]);
  await sidebar.panel.getByRole("button", { name: "Show what did not happen" }).click();
  await sidebar.panel.getByRole("button", { name: "Restore: Applied" }).click();
  await expect(sidebar.history).toHaveText([/Screening/, /Applied/, /Draft/]);
  await sidebar.expectDate("Applied on", dayAgo(12));

  // The newest is taken back, with all that followed.
  await sidebar.correct("Screening");
  await sidebar.panel.getByRole("button", { name: "Take the move back" }).click();
  await expect(sidebar.status).toHaveValue("Applied");
  await sidebar.saved();
  expect((await user.api.get(id)).status).toBe("Applied");
});

test.describe("from the cache", () => {
  test.use({ serviceWorkers: "allow" });

  test("the day of a move that is put right offline arrives", async ({ page, user, board, sidebar, watch }) => {
    const { id } = await user.api.create({ role_title: "Late", status: "Draft" });
    const installed = new Installed(page);
    await installed.keeps(board);
    watch.allowOffline(API);
    await page.context().setOffline(true);
    await board.cardOf(id).click();
    await sidebar.move("Applied");
    // The server knows neither of the move nor of its day yet.
    await sidebar.correct("Applied");
    await sidebar.field("Happened").fill("3 days ago");
    await sidebar.field("Happened").press("Enter");
    await expect(sidebar.history.first()).toHaveText(/Applied.*3 days here/);
    await sidebar.expectDate("Applied on", dayAgo(3));
    await sidebar.expectOffline(2);
    await page.context().setOffline(false);
    await sidebar.saved();
    const row = await user.api.get(id);
    expect([row.status, row.application_date]).toEqual(["Applied", dayAgo(3)]);
    await sidebar.expectDate("Applied on", dayAgo(3));
  });
});
