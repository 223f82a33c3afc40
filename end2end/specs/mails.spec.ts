import ICAL from "ical.js";
import { expectAccessible } from "../support/accessible.ts";
import { expect, test } from "../support/test.ts";

// As they go in the world.
test.use({ mails: "smtp" });

/** The next minute, a day later, as one writes it in the account's zone: what is a day before that is due soon. */
function aDayFromTheNextMinute(): { text: string; at: number } {
  const minute = 60_000;
  const at = Math.ceil((Date.now() + 8_000) / minute) * minute + 24 * 60 * minute;
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Africa/Lagos",
    dateStyle: "short",
    timeStyle: "short",
  });
  return { text: parts.format(at).replace(",", "").replaceAll("/", "."), at };
}

test("who plans an interview gets its mail a day before, with the file for the calendar, and a way back", async ({
  user,
  server,
  board,
  quickAdd,
  sidebar,
  settings,
  page,
}) => {
  await board.open();
  await board.add.click();
  await quickAdd.type("Northwind & Søn", "Data Engineer");
  await board.drag(board.card("Data Engineer", "Applied"), "Screening");
  await board.card("Data Engineer", "Screening").click();
  await sidebar.plan("Schedule interview");
  const { text, at } = aDayFromTheNextMinute();
  await sidebar.field("When").fill(text);
  await sidebar.field("When").press("Enter");
  await expect(sidebar.planned).toHaveCount(1);
  await sidebar.saved();

  const letters = () => server.mailbox.letters(user.email);
  await expect.poll(async () => (await letters()).length, { timeout: 80_000 }).toBe(1);
  const [letter] = await letters();
  expect(letter?.subject).toContain("Screening interview with Northwind");
  const calendar = new ICAL.Component(ICAL.parse(letter?.file ?? ""));
  const events = calendar.getAllSubcomponents("vevent").map((event) => new ICAL.Event(event));
  expect(events.map((event) => event.startDate.toJSDate().getTime())).toEqual([at]);
  expect(events[0]?.summary).toContain("Northwind & Søn");
  // The link leads to the interview.
  const link = new URL(/https?:\/\/\S+\/board\/\S+/.exec(letter?.text ?? "")?.[0] ?? "");
  await page.goto(link.pathname + link.search);
  await expect(sidebar.field("When")).toBeVisible();
  // Stopped, that kind is off in the settings.
  await page.goto(letter?.unsubscribe ?? "");
  await page.getByRole("button", { name: "Stop these mails" }).click();
  await expect(page.getByRole("heading", { name: "No more of these mails" })).toBeVisible();
  await settings.open();
  await expect(page.locator("#mail-screening")).not.toBeChecked();
});

test("what one sets is mailed where that is wanted, leads back, and is stopped by a press", async ({
  user,
  server,
  settings,
  sidebar,
  page,
}) => {
  await settings.open();
  const own = page.getByRole("switch", { name: /^(Other mails )?Mail me what I set myself/ });
  await expect(own).not.toBeChecked();
  await own.check();
  await settings.expectSaved();
  await expectAccessible(page);

  // What is due already goes out at once.
  const { id } = await user.api.create({ role_title: "Engineer", company: "Northwind & Søn" });
  const due_at = new Date(Date.now() - 60_000).toISOString();
  await user.api.remind(id, { title: "Ring Mira", due_at, channels: ["in_app", "email"] });
  await expect.poll(async () => (await server.mailbox.letters(user.email)).length).toBe(1);
  const [letter] = await server.mailbox.letters(user.email);
  expect(letter?.text).toContain("Ring Mira: Northwind & Søn");
  expect(letter?.text).toContain("\nEngineer\n");
  const link = new URL(/https?:\/\/\S+\/board\/\S+/.exec(letter?.text ?? "")?.[0] ?? "");
  await page.goto(link.pathname + link.search);
  await expect(sidebar.panel.getByText("Northwind & Søn").first()).toBeVisible();

  await page.goto(letter?.unsubscribe ?? "");
  await expect(page.getByRole("heading", { name: "Stop these mails?" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Stop these mails" }).click();
  await expect(page.getByRole("heading", { name: "No more of these mails" })).toBeVisible();
  await settings.open();
  await expect(own).not.toBeChecked();
  await page.goto(letter?.unsubscribe ?? "");
  await page.getByRole("button", { name: "Send them again" }).click();
  await expect(page.getByRole("heading", { name: "These mails come again" })).toBeVisible();
  // Going back asks for nothing to be sent again.
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Stop these mails?" })).toBeVisible();
  await settings.open();
  await expect(own).toBeChecked();
});

test("a mail can be read on a phone and on a desk, in the light and in the dark", async ({ user, server, page }) => {
  const { id } = await user.api.create({ role_title: "Engineer of very long words", company: "Northwind" });
  const due_at = new Date(Date.now() - 60_000).toISOString();
  const channels = ["in_app", "email"];
  for (const title of ["Ring Mira", "Send the portfolio", "Ask about pay"]) {
    await user.api.remind(id, { title, due_at, channels });
  }
  await expect.poll(async () => (await server.mailbox.letters(user.email)).length).toBeGreaterThan(0);
  const [letter] = await server.mailbox.letters(user.email);
  await page.setContent(letter?.html ?? "");
  // In the light and in the dark, on a desk and on a phone.
  await expectAccessible(page);
  for (const width of [360, 700]) {
    await page.setViewportSize({ width, height: 800 });
    const overflows = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(overflows, `at ${width}`).toBe(false);
  }
});
