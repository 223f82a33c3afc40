import { STATUSES, type Application } from "../support/api.ts";
import { expect, test } from "../support/test.ts";

const COUNT = 1_500;
const MOST_IN_DOCUMENT = 60;

test("a board of 1,500 applications scrolls like a short one", async ({ page, server, user, board }) => {
  test.setTimeout(120_000);
  await test.step("seed", () => server.seed(user.email, COUNT));
  const all = await user.api.all();
  expect(all).toHaveLength(COUNT);
  const columns = new Map(STATUSES.map((status) => [status, sorted(all.filter((row) => row.status === status))]));
  const applied = columns.get("Applied") ?? [];
  const last = applied.at(-1);
  if (!last) throw new Error("nothing was seeded as Applied");

  await test.step("counts are right, and few cards are in the document", async () => {
    await board.open();
    for (const [status, rows] of columns) await board.expectCount(status, rows.length);
    const open = page.locator(".column:not(.column-folded)");
    for (const column of await open.all()) {
      const cards = await column.locator(".card").count();
      expect(cards).toBeGreaterThan(5);
      expect(cards).toBeLessThanOrEqual(MOST_IN_DOCUMENT);
    }
    await expect(board.cards("Applied").first()).toHaveAttribute("data-id", applied[0]?.id ?? "");
  });

  const scroll = board.columnScroll("Applied");
  await test.step("a column scrolls to its last card", async () => {
    await board.whole();
    const height = await scroll.evaluate((element) => element.scrollHeight);
    await scroll.hover();
    for (let top = 0; top < height; top += 600) await page.mouse.wheel(0, 600);
    await scroll.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await expect(board.cardOf(last.id)).toBeInViewport({ ratio: 1 });
    await expect(board.cards("Applied").last()).toHaveAttribute("data-id", last.id);
    expect(await board.cards("Applied").count()).toBeLessThanOrEqual(MOST_IN_DOCUMENT);
    // Windowing does not change how high the column is.
    expect(await scroll.evaluate((element) => element.scrollHeight)).toBe(height);
  });

  await test.step("a card is dragged from the end of the column", async () => {
    const screening = columns.get("Screening") ?? [];
    await board.drag(board.cardOf(last.id), "Screening");
    await board.expectCount("Applied", applied.length - 1);
    await board.expectCount("Screening", screening.length + 1);
    await expect(board.cards("Screening").first()).toHaveAttribute("data-id", last.id);
    await board.saved();
    expect((await user.api.get(last.id)).status).toBe("Screening");
  });

  await test.step("search finds what is not in the document", async () => {
    const wanted = applied.at(-2);
    if (!wanted) throw new Error("there is no second last");
    await board.search.fill(`${wanted.company} ${wanted.role_title}`);
    await expect(board.cardOf(wanted.id)).toBeInViewport();
  });

  await test.step("arrows walk past what is in the document", async () => {
    await board.search.fill("");
    await scroll.evaluate((element) => element.scrollTo(0, 0));
    await board.cards("Applied").first().focus();
    for (const row of applied.slice(1, 41)) {
      await page.keyboard.press("ArrowDown");
      await expect(board.cardOf(row.id)).toBeFocused();
    }
  });
});

/** As a column shows them: the newest in the stage first. */
function sorted(rows: Application[]): Application[] {
  const key = (row: Application) => `${new Date(row.status_since).toISOString()} ${row.id}`;
  return rows.toSorted((a, b) => (key(a) < key(b) ? 1 : -1));
}
