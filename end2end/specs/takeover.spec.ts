import { expect, test } from "../support/test.ts";
import type { Board } from "../pages/board.ts";

/**
 * Opens the board, and presses a card before its program is there. A page is taken over in parts, and none
 * while a pointer is down: so the moment in between lasts until it is let go.
 */
async function pressBeforeTakeOver(board: Board, id: string): Promise<void> {
  const { page } = board;
  let pressed = (): void => undefined;
  const press = new Promise<void>((resolve) => (pressed = resolve));
  await page.route(/\.wasm\b/, async (route) => {
    await press;
    await route.continue();
  });
  await page.goto("/board", { waitUntil: "commit" });
  await board.cardOf(id).hover();
  await page.mouse.down();
  pressed();
  await board.saved();
  await expect(page.locator("html")).not.toHaveAttribute("data-hydrated");
}

test("what is pressed while a page is taken over is done", async ({ page, board, user }) => {
  const { id } = await user.api.create({ role_title: "Pressed" });
  await pressBeforeTakeOver(board, id);
  await page.mouse.up();
  await expect(page).toHaveURL(`/board/${id}`);
  await board.hydrated();
  await expect(page.getByRole("dialog", { name: /Pressed/ })).toBeVisible();
});

test("what is asked for while a page is taken over opens before another key is heard", async ({
  page,
  board,
  user,
  quickAdd,
}) => {
  const { id } = await user.api.create({ role_title: "Standing" });
  await pressBeforeTakeOver(board, id);
  await page.keyboard.press("c");
  await page.keyboard.type("Acme");
  await expect(quickAdd.company).toHaveValue("Acme");
  await expect(page.locator("html")).not.toHaveAttribute("data-hydrated");
  await page.mouse.up();
  await board.hydrated();
  await expect(quickAdd.company).toHaveValue("Acme");
  // None of the letters was a key of the board's.
  await page.keyboard.press("Escape");
  await expect(board.cardOf(id)).toBeVisible();
});
