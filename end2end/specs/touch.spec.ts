import { centre } from "../pages/board.ts";
import { Finger } from "../support/finger.ts";
import { expect, test } from "../support/test.ts";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });

test("a long press lifts a card, and carries it to the next column", async ({ page, user, board }) => {
  const { id } = await user.api.create({ role_title: "Carried" });
  await board.open();
  await board.cardOf(id).scrollIntoViewIfNeeded();
  const finger = await Finger.of(page);
  await finger.down(await centre(board.cardOf(id)));
  await expect(board.dragged).toBeVisible();
  await finger.carryTo(board.column("Screening"));
  await expect(board.column("Screening")).toHaveAttribute("data-over");
  await finger.up();
  await expect(board.dragged).toHaveCount(0);
  await expect(board.card("Carried", "Screening")).toBeVisible();
  await board.expectCount("Applied", 0);
  await board.expectCount("Screening", 1);
  await board.saved();
  // The press that lifted it opened nothing.
  await expect(page).toHaveURL("/board");
  await board.reload();
  await board.expectCount("Screening", 1);
});

test("a swipe scrolls the column, and moves nothing", async ({ page, user, board }) => {
  await user.api.createMany(14, "Applied");
  await board.open();
  await board.column("Applied").scrollIntoViewIfNeeded();
  const column = board.columnScroll("Applied");
  const finger = await Finger.of(page);
  const { x, y } = await centre(column);
  await finger.swipe({ x, y: y + 150 }, { x, y: y - 150 });
  await expect.poll(() => column.evaluate((element) => element.scrollTop)).toBeGreaterThan(100);
  await expect(board.dragged).toHaveCount(0);
  await expect(board.toasts).toHaveCount(0);
  await board.expectCount("Applied", 14);
  await expect(page).toHaveURL("/board");
});

test("a swipe to the side scrolls the board, column by column", async ({ page, user, board }) => {
  await user.api.create({ role_title: "Still", status: "Draft" });
  await board.open();
  const finger = await Finger.of(page);
  const { x, y } = await centre(board.card("Still"));
  await finger.swipe({ x: x + 120, y }, { x: x - 120, y });
  await expect(board.column("Applied")).toBeInViewport({ ratio: 0.9 });
  await board.expectCount("Draft", 1);
  await expect(board.toasts).toHaveCount(0);
  await expect(page).toHaveURL("/board");
});

test("a tap opens the card over the whole screen", async ({ page, user, board, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Tapped", status: "Draft" });
  await board.open();
  await board.cardOf(id).tap();
  await expect(page).toHaveURL(`/board/${id}`);
  await expect(sidebar.title).toHaveText("Tapped");
  await expect.poll(() => sidebar.panel.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
  await sidebar.close.tap();
  await expect(sidebar.panel).toHaveCount(0);
  await expect(board.cardOf(id)).toBeVisible();
});

test("nothing is wider than the phone", async ({ page, user, board, sidebar, settings, archive }) => {
  const { id } = await user.api.create({ role_title: "Senior Engineer of Everything, and a Long Title Besides" });
  await user.api.create({ role_title: "Gone", archived_at: new Date().toISOString() });
  for (const open of [() => board.open(), () => sidebar.open(id), () => settings.open(), () => archive.open()]) {
    await open();
    const width = await page.evaluate(() => document.scrollingElement?.scrollWidth);
    expect(width, page.url()).toBeLessThanOrEqual(390);
  }
});

test("the first application comes into sight, and has the focus", async ({ user: _, board, quickAdd }) => {
  await board.open();
  await board.empty.getByRole("button", { name: "Add an application" }).tap();
  await quickAdd.type("Acme", "First");
  await expect(board.card("First", "Applied")).toBeFocused();
  await expect(board.card("First", "Applied")).toBeInViewport({ ratio: 0.9 });
});

test("an application is added with the round button", async ({ user, board, quickAdd }) => {
  await user.api.create();
  await board.open();
  await board.add.tap();
  await quickAdd.type("Acme", "By thumb");
  await board.expectCount("Applied", 2);
  await board.saved();
});
