import type { Page } from "@playwright/test";
import { Sidebar } from "../pages/sidebar.ts";
import { expect, test } from "../support/test.ts";

const DUE = "2030-03-20T14:30:00Z";

/** What is sent to change something, from now on. */
function changes(page: Page): unknown[] {
  const changes: unknown[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") changes.push(request.postDataJSON());
  });
  return changes;
}

/** A day so many days from today, by the calendar in Lagos, an hour ahead of UTC. */
function dayFromNow(days: number): string {
  return new Date(Date.now() + 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
}

test("a date is typed in words and saved once, when it is whole", async ({ page, user, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Dated", application_date: "2026-03-02" });
  await sidebar.open(id);
  await sidebar.saved();
  const sent = changes(page);
  const applied = sidebar.field("Applied on");
  await applied.fill("");
  await applied.pressSequentially("26.5.2026");
  await sidebar.expectDate("Applied on", "2026-05-26");
  await applied.press("Enter");
  await expect.poll(async () => (await user.api.get(id)).application_date).toBe("2026-05-26");
  await expect(applied).toHaveValue("26 May 2026");
  await expect(applied).toBeFocused();

  const due = sidebar.field("Due");
  await due.pressSequentially("tomorrow 2pm");
  const tomorrow = dayFromNow(1);
  await sidebar.expectDate("Due", `${tomorrow}T14:00`);
  await due.press("Tab");
  await sidebar.saved();
  await expect(due).toHaveValue(/^\d+ \w+ 20\d\d, 14:00$/);
  await sidebar.expectDate("Due", `${tomorrow}T14:00`);
  const next_action_due = `${tomorrow}T13:00:00Z`;
  expect((await user.api.get(id)).next_action_due).toBe(next_action_due);
  expect(sent).toEqual([{ application_date: "2026-05-26" }, { next_action_due }]);

  // A day alone is its morning, and that is said.
  await due.fill("30.11.2030");
  await expect(sidebar.panel).toContainText("Sat 30 Nov 2030, 09:00 · Lagos · no time was given");
  await sidebar.field("Company").click();
  await sidebar.saved();
  expect((await user.api.get(id)).next_action_due).toBe("2030-11-30T08:00:00Z");
});

test("what is not understood stays where it is, and clears nothing", async ({ page, user, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Dated", next_action_due: DUE });
  await sidebar.open(id);
  await sidebar.saved();
  const sent = changes(page);
  const due = sidebar.field("Due");
  await due.fill("31.11.");
  // The page may not come back: what is no date is not saved then either.
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await sidebar.field("Company").click();
  await expect(sidebar.error("Due")).toHaveText("There is no 31 November.");
  await expect(due).toHaveAttribute("aria-invalid", "true");
  await sidebar.fill("Company", "Later Ltd");
  await expect(due).toHaveValue("31.11.");
  await sidebar.saved();
  expect(sent).toEqual([{ company: "Later Ltd" }]);
  expect((await user.api.get(id)).next_action_due).toBe(DUE);

  // Escape puts back what was saved, and the next one closes.
  await due.press("Escape");
  await expect(due).toHaveValue("20 Mar 2030, 15:30");
  await expect(sidebar.error("Due")).toBeEmpty();
  await due.press("Escape");
  await expect(sidebar.panel).toHaveCount(0);
  expect(sent).toHaveLength(1);
});

test("a day and a time are picked by keys alone", async ({ page, user, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Dated", next_action_due: DUE });
  await sidebar.open(id);
  await sidebar.saved();
  const calendar = sidebar.calendar("Due");
  const focused = calendar.locator(":focus");
  await sidebar.calendarButton("Due").press("Enter");
  await expect(focused).toHaveAccessibleName("Wednesday 20 March 2030");
  await expect(focused).toHaveAttribute("aria-selected", "true");
  for (const [key, name] of [
    ["ArrowRight", "Thursday 21 March 2030"],
    ["ArrowDown", "Thursday 28 March 2030"],
    ["Home", "Monday 25 March 2030"],
    ["End", "Sunday 31 March 2030"],
    ["PageDown", "Tuesday 30 April 2030"],
    ["Shift+PageDown", "Wednesday 30 April 2031"],
    ["ArrowUp", "Wednesday 23 April 2031"],
    ["ArrowLeft", "Tuesday 22 April 2031"],
  ] as const) {
    await page.keyboard.press(key);
    await expect(focused).toHaveAccessibleName(name);
  }
  await expect(calendar).toContainText("April 2031");
  await page.keyboard.press("Enter");
  await expect(focused).toHaveText("15:30");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await expect(focused).toHaveText("18:00");
  await page.keyboard.press("Enter");
  await expect(calendar).toBeHidden();
  await expect(sidebar.calendarButton("Due")).toBeFocused();
  await expect(sidebar.field("Due")).toHaveValue("22 Apr 2031, 18:00");
  await sidebar.saved();
  expect((await user.api.get(id)).next_action_due).toBe("2031-04-22T17:00:00Z");

  // Escape closes the calendar, not what it belongs to.
  await sidebar.field("Due").press("ArrowDown");
  await expect(focused).toHaveAccessibleName("Tuesday 22 April 2031");
  await page.keyboard.press("Escape");
  await expect(calendar).toBeHidden();
  await expect(sidebar.field("Due")).toBeFocused();
  await expect(sidebar.panel).toBeVisible();

  await sidebar.calendarButton("Due").click();
  await calendar.getByRole("button", { name: "Clear" }).click();
  await sidebar.saved();
  expect((await user.api.get(id)).next_action_due).toBeNull();
});

test("dates are written and read as the person is used to", async ({ user, newDevice }) => {
  const { id } = await user.api.create({ role_title: "Dated", next_action_due: DUE, application_date: "2026-03-02" });
  // When weeks begin is the account's, whatever the browser has.
  await user.api.patchSettings({ week_start: "sunday" });
  const sidebar = new Sidebar(await newDevice({ locale: "en-US" }));
  await sidebar.open(id);
  await sidebar.expectField("Due", "Mar 20, 2030, 3:30 pm");
  await sidebar.expectField("Applied on", "Mar 2, 2026");
  await sidebar.fill("Applied on", "1/2/2026");
  await sidebar.expectField("Applied on", "Jan 2, 2026");
  await sidebar.calendarButton("Due").click();
  await expect(sidebar.calendar("Due").getByRole("columnheader").first()).toHaveAccessibleName("Sunday");
  await sidebar.calendar("Due").getByRole("button", { name: "In 1 week" }).click();
  await sidebar.saved();
  expect(await user.api.get(id)).toMatchObject({
    application_date: "2026-01-02",
    next_action_due: `${dayFromNow(7)}T08:00:00Z`,
  });
});
