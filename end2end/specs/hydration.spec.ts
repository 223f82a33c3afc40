import { expect, test } from "../support/test.ts";

// What goes wrong in hydration says so on the console, which fails every test; here every page is
// opened on purpose, with the content that is most likely to differ between server and browser.

const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

test("every page is taken over as the server rendered it", async ({
  page,
  user,
  board,
  sidebar,
  archive,
  settings,
}) => {
  const odd = '"Quotes" & <b>markup</b>, 😀 and a line that is much too long for one row of a card';
  const notes = "\n\n Two empty lines, &amp; then\n</textarea><b>no markup</b>";
  const { id } = await user.api.create({
    company: "Ünïcode & Söhne",
    role_title: odd,
    notes,
    tags: ["a&b", "c<d"],
    next_action: "Call",
    next_action_due: day(1),
  });
  await user.api.create({ status: "Draft", next_action_due: day(-2) });
  await user.api.create({ status: "Withdrawn" });
  await user.api.create({ archived_at: day(-1) });
  await user.api.patchSettings({ display_name: "O'Neil", quiet_hours_start: "21:00", quiet_hours_end: "08:00" });

  await board.open();
  await expect(board.cardOf(id)).toContainText(odd);
  await board.saved();
  await sidebar.open(id);
  await expect(sidebar.title).toHaveText(odd);
  await sidebar.expectField("Notes", notes);
  await sidebar.saved();
  await archive.open();
  await archive.saved();
  await settings.open();
  await expect(settings.name).toHaveValue("O'Neil");
  await settings.saved();
  await sidebar.open(crypto.randomUUID());
  await page.goto("/");
  await expect(page).toHaveURL("/board");
  await board.hydrated();
});

test("the board's cards are in the page that the server sends", async ({ page, user }) => {
  await user.api.createMany(20, "Applied");
  const answer = await page.request.get("/board");
  expect(answer.headers()["cache-control"]).toBe("no-store");
  const html = await answer.text();
  // The first of a column; the rest comes after hydration.
  expect(html.match(/class="card"/g)?.length).toBeGreaterThanOrEqual(12);
  expect(html).toContain("Role 20");
  expect(html).toContain("Company 20");
  expect(html).not.toMatch(/<[a-z][^>]* style=/);
});

test("a page hydrates whose clock has moved on", async ({ page, user, board }) => {
  await user.api.create({ role_title: "Aging", next_action_due: day(0.5) });
  await page.clock.install({ time: Date.now() + 3 * 86_400_000 });
  await board.open();
  await expect(board.card("Aging")).toContainText("late");
  await expect(board.card("Aging").locator(".card-days")).toHaveText("3 d");
});
