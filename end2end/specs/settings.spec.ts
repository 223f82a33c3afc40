import { randomUUID } from "node:crypto";
import type { BrowserContextOptions, Page } from "@playwright/test";
import ICAL from "ical.js";
import { Settings } from "../pages/settings.ts";
import { SignIn } from "../pages/sign-in.ts";
import { expectAccessible } from "../support/accessible.ts";
import { keepStale } from "../support/stale.ts";
import { expect, test } from "../support/test.ts";

test("name and session time are kept", async ({ user, settings }) => {
  await settings.open();
  await settings.name.fill("Ada");
  await settings.name.press("Tab");
  await settings.expectSaved();
  await settings.timeout.selectOption({ label: "8 hours without use" });
  await settings.expectSaved();
  await settings.reload();
  await expect(settings.name).toHaveValue("Ada");
  await expect(settings.timeout).toHaveValue("480");
  expect(await user.api.settings()).toMatchObject({ display_name: "Ada", session_timeout_mins: 480 });

  await settings.name.fill("A".repeat(81));
  await settings.name.press("Tab");
  await expect(settings.errors).toHaveText(/80/);
});

test("the time zone decides what due means", async ({ user, settings, board, sidebar, page }) => {
  // Three days from now, so in every zone the label is a weekday and a time.
  const due = new Date(Math.floor(Date.now() / 60_000) * 60_000 + 72 * 3_600_000);
  const label = (timeZone: string) => {
    const part = (options: Intl.DateTimeFormatOptions) => due.toLocaleString("en-GB", { timeZone, ...options });
    return `${part({ weekday: "short" })} ${part({ hour: "2-digit", minute: "2-digit" })}`;
  };
  const { id } = await user.api.create({ role_title: "Timed", next_action_due: due.toISOString() });
  await board.open();
  await expect(board.card("Timed")).toContainText(label("Africa/Lagos"));

  await board.nav.getByRole("link", { name: "Settings" }).click();
  await expect(settings.timeZone).toHaveValue("Africa/Lagos");
  await settings.timeZone.fill("Asia/Tokyo");
  await settings.timeZone.press("Tab");
  await settings.expectSaved();
  await settings.nav.getByRole("link", { name: "Board", exact: true }).click();
  await expect(board.card("Timed")).toContainText(label("Asia/Tokyo"));
  await board.reload();
  await expect(board.card("Timed")).toContainText(label("Asia/Tokyo"));
  await sidebar.open(id);
  await expect(sidebar.date("Due")).toHaveAttribute("datetime", new RegExp(`T${label("Asia/Tokyo").slice(-5)}$`));

  await settings.open();
  await settings.timeZone.fill("Mars/Olympus");
  await settings.timeZone.press("Tab");
  await expect(settings.errors).toHaveText(/no time zone/);
  // It stays there to be corrected, whatever else is saved.
  await settings.name.fill("Ada");
  await settings.name.press("Tab");
  await settings.expectSaved();
  await expect(settings.timeZone).toHaveValue("Mars/Olympus");

  // What the machine has is offered.
  await page.getByRole("button", { name: "Use America/St_Johns" }).click();
  // What was pressed is gone.
  await expect(settings.timeZone).toBeFocused();
  await settings.expectSaved();
  await expect(settings.timeZone).toHaveValue("America/St_Johns");
});

test("quiet hours need both ends, and can be given up", async ({ user, settings }) => {
  await settings.open();
  await settings.quietFrom.fill("21:00");
  await settings.quietUntil.fill("08:00");
  await settings.expectSaved();
  await settings.reload();
  await expect(settings.quietFrom).toHaveValue("21:00");
  await expect(settings.quietUntil).toHaveValue("08:00");
  expect(await user.api.settings()).toMatchObject({ quiet_hours_start: "21:00", quiet_hours_end: "08:00" });
  await settings.noQuietHours.click();
  // The button is gone, and the focus is at the fields.
  await expect(settings.noQuietHours).toHaveCount(0);
  await expect(settings.quietFrom).toBeFocused();
  await settings.expectSaved();
  await expect(settings.quietFrom).toHaveValue("");
  expect(await user.api.settings()).toMatchObject({ quiet_hours_start: null, quiet_hours_end: null });
});

test("what is missing of quiet hours is said, and half of them is not saved", async ({ user, settings, page }) => {
  await settings.open();
  await settings.quietFrom.fill("21:00");
  // The other one may follow.
  await settings.quietUntil.focus();
  await expect(settings.errors).toHaveCount(0);
  await settings.name.focus();
  await expect(settings.errors).toHaveText(/^Also say until when/);
  await expectAccessible(page);
  await settings.quietUntil.fill("21:00");
  await settings.name.focus();
  await expect(settings.errors).toHaveText(/no quiet time at all/);
  expect(await user.api.settings()).toMatchObject({ quiet_hours_start: null, quiet_hours_end: null });
  await settings.quietUntil.fill("08:00");
  await settings.name.focus();
  await settings.expectSaved();
  await expect(settings.errors).toHaveCount(0);
  await settings.quietFrom.fill("");
  await settings.name.focus();
  await expect(settings.errors).toHaveText(/^Also say from when/);
  await settings.quietUntil.fill("");
  await settings.name.focus();
  await settings.expectSaved();
  await expect(settings.errors).toHaveCount(0);
  expect(await user.api.settings()).toMatchObject({ quiet_hours_start: null, quiet_hours_end: null });
  // An hour without its minutes.
  await settings.quietFrom.focus();
  await page.keyboard.type("10");
  await settings.name.focus();
  await expect(settings.errors).toHaveText(/whole time of day/);
});

test("a switch is taken back by the key where it was pressed", async ({ settings, page }) => {
  await settings.open();
  const mailed = page.locator("#mail-applied");
  await expect(mailed).toBeChecked();
  await mailed.uncheck();
  await expect(settings.toast("Settings saved").getByRole("button", { name: "Undo" })).toBeVisible();
  await expect(mailed).toBeFocused();
  await page.keyboard.press("Control+z");
  await expect(settings.toast("Undone: Settings saved")).toBeVisible();
  await expect(mailed).toBeChecked();
  await settings.saved();
});

test("changes in quick succession are all kept", async ({ user, settings, page }) => {
  await settings.open();
  await settings.name.fill("Ada");
  // Leaving the field saves it, and the press saves the other.
  await page.getByRole("button", { name: "Use America/St_Johns" }).click();
  await settings.timeout.selectOption({ label: "1 hour without use" });
  await expect
    .poll(() => user.api.settings())
    .toMatchObject({ display_name: "Ada", timezone: "America/St_Johns", session_timeout_mins: 60 });
  await expect(settings.errors).toHaveCount(0);
});

test("settings that were changed elsewhere are shown, not overwritten", async ({ page, user, settings, watch }) => {
  await settings.open();
  await settings.saved();
  await keepStale(page);
  await user.api.patchSettings({ display_name: "Elsewhere" });
  watch.expectFailure(409, /\/settings$/);
  await settings.timeout.selectOption({ label: "1 hour without use" });
  await expect(settings.toast("“Settings” was changed elsewhere first")).toBeVisible();
  await expect(settings.name).toHaveValue("Elsewhere");
  await expect(settings.timeout).toHaveValue("4320");
});

test("the dark theme stands before the first paint", async ({ page, settings }) => {
  await settings.open();
  const root = page.locator("html");
  await expect(root).not.toHaveAttribute("data-theme");
  await settings.theme.selectOption("dark");
  await expect(root).toHaveAttribute("data-theme", "dark");

  // The theme of every frame from the first that has something to paint.
  await page.addInitScript(() => {
    const themes: (string | undefined)[] = [];
    const note = () => {
      if (document.body) themes.push(document.documentElement.dataset["theme"]);
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    Object.assign(window, { themes });
  });
  await settings.reload();
  await expect(settings.theme).toHaveValue("dark");
  const themes = await page.evaluate(() => [...new Set((window as unknown as { themes: string[] }).themes)]);
  expect(themes).toEqual(["dark"]);
  const scheme = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  expect(scheme).toBe("dark");

  await settings.theme.selectOption("system");
  await expect(root).not.toHaveAttribute("data-theme");
});

test("an account begins with the zone and the week of its browser, and asks once where that is another", async ({
  browser,
  contextOptions,
  server,
  watch,
}) => {
  const address = `someone-${randomUUID()}@example.com`;
  const device = async (options: BrowserContextOptions): Promise<Page> => {
    const context = await browser.newContext({ ...contextOptions, baseURL: server.url, ...options });
    await watch.attach(context);
    const page = await context.newPage();
    await new SignIn(page).byLink(server.mailbox, address);
    return page;
  };
  const first = await device({ timezoneId: "Europe/Berlin", locale: "en-US" });
  const settings = new Settings(first);
  const said = settings.toast("Times are in Berlin time, as on this device.");
  await said.getByRole("button", { name: "Change" }).click();
  await expect(settings.timeZone).toHaveValue("Europe/Berlin");
  await expect(first.getByLabel("Weeks begin on")).toHaveValue("sunday");
  await settings.reload();
  await expect(said).toHaveCount(0);

  const second = await device({ timezoneId: "America/New_York", locale: "en-GB" });
  const there = new Settings(second);
  const asked = there.toast("Times show in Berlin time, and this device is in New York. Use New York time?");
  await asked.getByRole("button", { name: "Use it" }).click();
  await expect(asked).toHaveCount(0);
  await expect.poll(async () => (await second.request.get("/api/v1/settings")).json()).toMatchObject({
    timezone: "America/New_York",
    // That was decided when the account began.
    week_start: "sunday",
  });
  // The first device is elsewhere now: it asks, and only once.
  await settings.reload();
  const elsewhere = settings.toast("Times show in New York time, and this device is in Berlin. Use Berlin time?");
  await elsewhere.getByRole("button", { name: "Keep" }).click();
  await expect(elsewhere).toHaveCount(0);
  await settings.reload();
  await expect(settings.timeZone).toHaveValue("America/New_York");
  await expect(elsewhere).toHaveCount(0);
  await first.context().close();
  await second.context().close();
});

test("a calendar reads what is planned, as much as one wants, until it may no more", async ({ user, settings, page }) => {
  const { id } = await user.api.create({ role_title: "Engineer", company: "Acme, Inc. – Zürich" });
  const starts_at = new Date(Math.floor(Date.now() / 60_000) * 60_000 + 48 * 3_600_000).toISOString();
  await user.api.plan(id, { type: "Interview", interview_stage: "technical", starts_at });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await settings.open();
  await settings.calendar.getByRole("button", { name: "Make an address" }).click();
  await expect(settings.calendarAddress).toHaveValue(/\/calendar\/[\w-]{64}\.ics$/);
  await expect(settings.calendarAddress).toBeFocused();
  await expectAccessible(page);
  await settings.calendar.getByRole("button", { name: "Copy" }).click();
  await expect(settings.toast("Address copied")).toBeVisible();
  const address = await settings.calendarAddress.inputValue();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(address);
  const apple = settings.calendar.getByRole("link", { name: "Apple Calendar" });
  await expect(apple).toHaveAttribute("href", address.replace(/^https?/, "webcal"));

  // Another library reads what ours has written.
  const read = async (from: string): Promise<ICAL.Event[]> => {
    const answer = await fetch(from, { headers: { "user-agent": "Google-Calendar-Importer" } });
    const calendar = new ICAL.Component(ICAL.parse(await answer.text()));
    const events = calendar.getAllSubcomponents("vevent").map((event) => new ICAL.Event(event));
    return events.filter(({ summary }) => !summary.startsWith("Follow up"));
  };
  const [interview] = await read(address);
  expect(interview?.summary).toBe("Technical interview, Acme, Inc. – Zürich");
  expect(interview?.startDate.toJSDate().toISOString()).toBe(starts_at);
  expect(interview?.duration.toSeconds()).toBe(3600);
  await settings.reload();
  await expect(settings.calendar).toContainText(/Last read today .+ by Google Calendar/);

  await settings.calendar.getByRole("checkbox", { name: /Show only the time/ }).check();
  await expect(settings.toast("Calendars show the time alone")).toBeVisible();
  expect((await read(address))[0]?.summary).toBe("Interview");
  await settings.calendar.getByRole("button", { name: "Another address" }).click();
  await settings.calendar.getByRole("button", { name: "Make another" }).click();
  await expect(settings.calendarAddress).not.toHaveValue(address);
  expect((await fetch(address)).status).toBe(404);
  await settings.calendar.getByRole("button", { name: "Take it away" }).click();
  await expect(settings.calendar.getByRole("button", { name: "Keep it" })).toBeFocused();
  await settings.calendar.getByRole("button", { name: "Take it away" }).click();
  await expect(settings.calendar.getByRole("button", { name: "Make an address" })).toBeVisible();
});
