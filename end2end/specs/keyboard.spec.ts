import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.ts";

test("a card is moved by keyboard alone, and every step is said", async ({ page, user, board }) => {
  const { id } = await user.api.create({ company: "Northwind", role_title: "Platform Engineer" });
  await board.open();
  const card = board.cardOf(id);
  await card.focus();
  await page.keyboard.press("Space");
  await expect(board.announcer).toContainText("Picked up Platform Engineer at Northwind, in Applied.");
  await expect(card).toHaveAttribute("data-lifted");

  await page.keyboard.press("ArrowRight");
  await expect(board.announcer).toHaveText("Screening, column 3 of 13.");
  await expect(board.column("Screening")).toHaveAttribute("data-over");
  await page.keyboard.press("ArrowRight");
  await expect(board.announcer).toHaveText("Recruiter call, column 4 of 13.");
  await page.keyboard.press("ArrowLeft");
  await expect(board.announcer).toHaveText("Screening, column 3 of 13.");

  await page.keyboard.press("Space");
  await expect(board.announcer).toHaveText("Dropped in Screening.");
  await expect(board.cards("Screening")).toHaveCount(1);
  await expect(board.cards("Applied")).toHaveCount(0);
  await board.expectCount("Screening", 1);
  await expect(card).toBeFocused();
  await expect(card).not.toHaveAttribute("data-lifted");
  await board.saved();
  await board.reload();
  await expect(board.card("Platform Engineer", "Screening")).toBeVisible();
});

test("Enter drops too, and the ends are one key away", async ({ page, user, board }) => {
  const { id } = await user.api.create({ role_title: "Far" });
  await board.open();
  await board.cardOf(id).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Home");
  await expect(board.announcer).toHaveText("Draft, column 1 of 13.");
  await page.keyboard.press("ArrowLeft");
  await expect(board.announcer).toHaveText("Draft, column 1 of 13.");
  await page.keyboard.press("Enter");
  await expect(board.card("Far", "Draft")).toBeFocused();
  await expect(page).toHaveURL("/board");

  await page.keyboard.press("Space");
  await page.keyboard.press("End");
  await expect(board.announcer).toHaveText("Withdrawn, column 13 of 13.");
  await expect(board.column("Withdrawn")).toBeInViewport();
  await page.keyboard.press("Enter");
  await board.expectCount("Withdrawn", 1);
  await board.saved();
  expect((await user.api.get(id)).status).toBe("Withdrawn");
});

test("Escape puts a card back", async ({ page, user, board }) => {
  const { id } = await user.api.create({ role_title: "Undecided" });
  await board.open();
  await board.cardOf(id).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Escape");
  await expect(board.announcer).toHaveText("Put back in Applied.");
  await expect(board.card("Undecided", "Applied")).toBeFocused();
  await expect(board.column("Screening")).not.toHaveAttribute("data-over");
  await expect(board.toasts).toHaveCount(0);
  expect((await user.api.get(id)).version).toBe(1);
});

test("arrows walk over the cards", async ({ page, user, board }) => {
  await user.api.createMany(3, "Applied");
  await user.api.create({ role_title: "Beside", status: "Tech_Screen" });
  await board.open();
  await board.expectRoles("Applied", ["Role 3", "Role 2", "Role 1"]);
  await board.card("Role 3").focus();
  await page.keyboard.press("ArrowUp");
  await expect(board.card("Role 3")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(board.card("Role 2")).toBeFocused();
  await page.keyboard.press("j");
  await expect(board.card("Role 1")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(board.card("Role 1")).toBeFocused();
  // Over columns without cards; the height is the nearest there is.
  await page.keyboard.press("ArrowRight");
  await expect(board.card("Beside")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(board.card("Beside")).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(board.card("Role 3")).toBeFocused();
});

test("Enter opens a card, Escape closes it and gives the focus back", async ({ page, user, board, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Opened" });
  await user.api.create({ role_title: "Another" });
  await board.open();
  await board.cardOf(id).focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/board/${id}`);
  await expect(sidebar.title).toHaveText("Opened");
  await expect(sidebar.title).toBeFocused();
  await expect(board.cardOf(id)).toHaveAttribute("data-selected");
  await page.keyboard.press("Escape");
  await expect(sidebar.panel).toHaveCount(0);
  await expect(page).toHaveURL("/board");
  await expect(board.cardOf(id)).toBeFocused();
});

test("the close button gives the focus back too", async ({ page, user, board, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Opened" });
  await board.open();
  await board.cardOf(id).focus();
  await page.keyboard.press("Enter");
  await expect(sidebar.title).toBeFocused();
  await sidebar.close.click();
  await expect(sidebar.panel).toHaveCount(0);
  await expect(board.cardOf(id)).toBeFocused();
});

test("archiving by E leaves the focus on the board", async ({ page, user, board }) => {
  await user.api.createMany(3, "Applied");
  await board.open();
  await board.card("Role 2").focus();
  await page.keyboard.press("e");
  await expect(board.card("Role 2")).toHaveCount(0);
  await expect(board.card("Role 1")).toBeFocused();
});

test("a deletion leaves the focus on the card below, and its undo brings it back", async ({ user, board, sidebar }) => {
  await user.api.createMany(3, "Applied");
  await board.open();
  await board.card("Role 2").press("Enter");
  await expect(sidebar.title).toHaveText("Role 2");
  await sidebar.delete.click();
  await expect(board.card("Role 1")).toBeFocused();
  await board.act("Deleted Role 2", "Undo");
  await expect(board.card("Role 2")).toBeFocused();
});

/** Holds a key for a while: a press that repeats. */
async function hold(page: Page, key: string, repeats = 8): Promise<void> {
  for (let press = 0; press <= repeats; press++) await page.keyboard.down(key);
  await page.keyboard.up(key);
}

test("a held key does its deed once", async ({ page, user, board, quickAdd, sidebar }) => {
  await user.api.createMany(4, "Applied");
  await board.open();
  await board.card("Role 4").focus();
  await hold(page, "e");
  await expect(board.card("Role 4")).toHaveCount(0);
  await board.saved();
  await board.expectCount("Applied", 3);
  await expect(board.card("Role 3")).toBeFocused();

  // An odd number of presses would put it back.
  await hold(page, "Space", 3);
  await expect(board.card("Role 3")).toHaveAttribute("data-lifted");
  await page.keyboard.press("Escape");

  await hold(page, "c");
  await expect(quickAdd.company).toBeFocused();
  await expect(quickAdd.company).toHaveValue("");
  await expect(page.getByRole("dialog")).toHaveCount(1);
  await page.keyboard.press("Escape");

  // Walking over the cards is no deed, and goes on.
  await board.card("Role 3").focus();
  await hold(page, "ArrowDown", 2);
  await expect(board.card("Role 1")).toBeFocused();
  await hold(page, "Enter", 2);
  await expect(sidebar.title).toHaveText("Role 1");
});

test("a second Enter right after the first adds nothing, and opens nothing", async ({ page, user, board, quickAdd }) => {
  await user.api.create({ role_title: "There" });
  await board.open();
  await board.saved();
  // From the button, which gets the focus back; and from the key.
  for (const [number, open] of [() => board.add.click(), () => page.keyboard.press("c")].entries()) {
    await open();
    await quickAdd.company.fill("Acme");
    await quickAdd.role.fill(`Once ${number}`);
    await quickAdd.role.evaluate((field) => {
      const submit = () => (field as HTMLInputElement).form?.requestSubmit();
      submit();
      submit();
      setTimeout(submit, 0);
    });
    await expect(board.card(`Once ${number}`)).toHaveCount(1);
    await page.keyboard.press("Enter");
    await expect(quickAdd.dialog).toBeHidden();
    await board.saved();
    await board.expectCount("Applied", number + 2);
  }
  await expect(page).toHaveURL("/board");
});

test("the list of keys opens and closes", async ({ page, user, board }) => {
  await user.api.create();
  await board.open();
  await page.keyboard.press("?");
  await expect(board.keysDialog).toContainText("Add an application");
  // Keys of the board rest while a dialog is open.
  await page.keyboard.press("c");
  await expect(page.getByRole("dialog")).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(board.keysDialog).toBeHidden();
});

test("the skip link leads past the navigation", async ({ page, user, board }) => {
  await user.api.create();
  await board.open();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(board.sync).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Reminders" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(board.search).toBeFocused();
});
