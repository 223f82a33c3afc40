import { expectAccessible } from "../support/accessible.ts";
import { expect, test } from "../support/test.ts";

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
  expect(letter?.text).toContain("Engineer at Northwind & Søn");
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
