import { Bell } from "../pages/bell.ts";
import { expectAccessible } from "../support/accessible.ts";
import { expect, test } from "../support/test.ts";

/** So many hours from now. */
function hours(count: number): string {
  return new Date(Date.now() + count * 3_600_000).toISOString();
}

/** This hour of tomorrow, in the user's zone, which is UTC: so many hours from now may be a day later. */
function tomorrow(hour: number): string {
  const at = new Date();
  at.setUTCDate(at.getUTCDate() + 1);
  at.setUTCHours(hour, 0, 0, 0);
  return at.toISOString();
}

test("what has fallen due rings, is put off, taken back and done", async ({ user, board, page }) => {
  const { id } = await user.api.create({ role_title: "Engineer", company: "Northwind" });
  const { id: reminder } = await user.api.remind(id, { title: "Ring Mira", due_at: hours(-1) });
  const bell = new Bell(page);
  await board.open();
  await bell.expectNew(1);
  await expect(page).toHaveTitle(/^\(1\) Board/);
  await bell.open();
  await expect(bell.rows).toHaveText(["Ring Mira"]);
  await bell.press("Later", "Ring Mira");
  await bell.choose(/^Tomorrow/);
  await expect(bell.rows).toHaveCount(0);
  await expect(bell.list.getByText("Nothing new. Next: Ring Mira")).toBeVisible();
  await bell.expectNew(0);
  await bell.show("Later");
  // The rule's own stands there, too.
  await expect(bell.rows).toHaveText(["Ring Mira", "Follow up with Northwind"]);
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+z");
  await bell.expectNew(1);
  await bell.open();
  await bell.press("Done", "Ring Mira");
  await expect(bell.rows).toHaveCount(0);
  // The message is behind the list: the key takes it back.
  await expect(board.toast(/^Done: Ring Mira/)).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(bell.rows).toHaveText(["Ring Mira"]);
  await bell.press("Done", "Ring Mira");
  await bell.show("Done");
  await expect(bell.rows).toHaveText(["Ring Mira"]);
  await page.keyboard.press("Escape");
  await board.saved();
  expect(await user.api.reminder(reminder)).toMatchObject({ done_at: expect.any(String) });
});

test("a reminder is set on an application without a network, and called off again", async ({
  context,
  user,
  sidebar,
  page,
}) => {
  const { id } = await user.api.create({ role_title: "Engineer", company: "Northwind", status: "Draft" });
  await sidebar.open(id);
  await sidebar.saved();
  await context.setOffline(true);
  await page.getByRole("button", { name: "Remind me" }).click();
  const form = page.getByRole("form", { name: "A reminder" });
  // When is asked first; what is there already.
  await expect(form.getByRole("textbox", { name: "When" })).toBeFocused();
  await form.getByRole("button", { name: "Remind me" }).click();
  await expect(form.getByText(/^Say when/)).toBeVisible();
  await form.getByRole("textbox", { name: "Remind me to" }).fill("Ask about the team");
  await form.getByRole("textbox", { name: "When" }).pressSequentially("in 3 days");
  await page.keyboard.press("Enter");
  await expect(form).toHaveCount(0);
  const off = page.getByRole("button", { name: "Call off: Ask about the team" });
  await expect(off).toBeVisible();
  await expect(page.getByRole("button", { name: "Remind me" })).toBeFocused();
  await context.setOffline(false);
  await sidebar.saved();
  expect(await user.api.reminders()).toMatchObject([{ title: "Ask about the team", application_id: id }]);
  await off.click();
  await expect(off).toHaveCount(0);
  await sidebar.saved();
  expect(await user.api.reminders()).toMatchObject([{ canceled_at: expect.any(String) }]);
});

test("when reminders come is said in words, and means what it shows", async ({ user, settings, page }) => {
  await user.api.create({ role_title: "Engineer", company: "Northwind" });
  await settings.open();
  const applied = page.getByLabel("Applied, and no answer", { exact: true });
  await expect(applied).toHaveValue("7 days");
  // What it means is said while it is typed.
  const means = page.locator(".field", { has: applied }).locator(".field-hint");
  const before = await means.textContent();
  await applied.fill("10 d");
  await expect(means).toHaveText(/^Counted from now: /);
  expect(await means.textContent()).not.toBe(before);
  await applied.fill("soon");
  await expect(means).toHaveText("");
  await applied.press("Tab");
  await expect(settings.errors).toHaveText(/no length of time/);
  await applied.fill("2 weeks");
  await applied.press("Enter");
  await settings.expectSaved();
  await expect(applied).toHaveValue("14 days");
  await settings.reload();
  await expect(applied).toHaveValue("14 days");
  // The server plans by it.
  await expect
    .poll(async () => {
      const open = (await user.api.reminders()).filter((row) => row.canceled_at === null);
      return open.map((row) => (Date.parse(row.due_at) - Date.now()) / 86_400_000);
    })
    .toEqual([expect.closeTo(14, 0)]);
  const offer = page.getByLabel("Offer to answer", { exact: true });
  await expect(offer).toHaveValue("3 days, then every day");
  const goesOn = page.locator(".field", { has: offer }).locator(".field-hint");
  await expect(goesOn).toHaveText(/, then every day until you move it on, 30 times at most\.$/);
  await offer.fill("3 days");
  await expect(goesOn).toHaveText(/, then every 3 days until you move it on, 30 times at most\.$/);
  await offer.fill("never");
  await expect(goesOn).toHaveText("Never.");
  await offer.press("Tab");
  await settings.expectSaved();
  await expect(offer).toHaveValue("");
  expect(await user.api.settings()).toMatchObject({
    reminder_defaults: { applied: { offsets: [20160] }, offer: { on: false } },
  });
});

test("whether it is followed up is said where it was sent, also before the server has planned it", async ({
  context,
  user,
  board,
  page,
}) => {
  const { id } = await user.api.create({ role_title: "Engineer", company: "Northwind", status: "Draft" });
  await board.open();
  await board.saved();
  await board.drag(board.card("Engineer"), "Applied");
  const chip = board.followUp("Moved Engineer at Northwind to Applied");
  await expect(chip).toHaveAttribute("aria-pressed", "true");
  await expect(chip).toHaveText(/^Follow up \d+ \w+$/);
  // Pressed with what the server has planned, or before: it is the same.
  await chip.press("Space");
  await expect(chip).toHaveAttribute("aria-pressed", "false");
  await board.saved();
  // What the server has planned comes with the next look.
  await board.lookAgain();
  const planned = async () => (await user.api.reminders()).map((row) => row.canceled_at !== null);
  await expect.poll(planned).toEqual([true]);
  await chip.press("Enter");
  await expect(chip).toHaveAttribute("aria-pressed", "true");
  await expect.poll(planned).toEqual([false]);
  await page.keyboard.press("Control+z");
  await expect(chip).toHaveAttribute("aria-pressed", "false");
  await expect.poll(planned).toEqual([true]);

  // Without a network nothing is planned yet: what is wanted outlives the page.
  await user.api.patch(id, { status: "Draft" });
  await board.lookAgain();
  await expect(board.card("Engineer", "Draft")).toBeVisible();
  await context.setOffline(true);
  await board.drag(board.card("Engineer"), "Applied");
  await chip.click();
  await expect(chip).toHaveAttribute("aria-pressed", "false");
  await board.expectOffline(1);
  await context.setOffline(false);
  await board.saved();
  await board.reload();
  await board.lookAgain();
  await expect.poll(planned).toEqual([true, true]);
});

test("where the rule is off a follow-up is set by one press", async ({ user, board }) => {
  await user.api.patchSettings({ reminder_defaults: { applied: { on: false } } });
  const { id } = await user.api.create({ role_title: "Engineer", company: "Northwind", status: "Draft" });
  await board.open();
  await board.drag(board.card("Engineer"), "Applied");
  const chip = board.followUp("Moved Engineer at Northwind to Applied");
  await expect(chip).toHaveAttribute("aria-pressed", "false");
  await chip.click();
  await expect(chip).toHaveAttribute("aria-pressed", "true");
  await expectAccessible(board.page);
  await board.saved();
  const { status_since } = await user.api.get(id);
  const [own] = await user.api.reminders();
  expect(own).toMatchObject({ title: "Follow up with Northwind", application_id: id });
  expect(Date.parse(own?.due_at ?? "") - Date.parse(status_since)).toBe(7 * 86_400_000);
});

test("a reminder is a row of Today and the next thing of its card, where no other row says it", async ({
  user,
  today,
  board,
}) => {
  const { id } = await user.api.create({
    role_title: "Engineer",
    company: "Northwind",
    next_action: "Call Jane",
    next_action_due: tomorrow(12),
  });
  const { id: reminder } = await user.api.remind(id, { title: "Ring Mira", due_at: hours(-30) });
  await user.api.remind(id, { title: "call jane", due_at: tomorrow(11) });
  const interview = await user.api.plan(id, { type: "Interview", interview_stage: "screening", starts_at: hours(-26) });
  await user.api.remind(id, { title: "Send a thank you", due_at: hours(24 * 4), activity_id: interview.id });
  await today.open();
  // Those of the interview are said by it.
  await today.expectItems("Late", ["Ring Mira", "Screening interview"]);
  await today.expectItems("This week", ["Send a thank you"]);
  await expect(today.nav.getByRole("link", { name: "Today, 2 late" })).toBeVisible();
  await expect(today.page.locator(".agenda-what", { hasText: /call jane/i })).toHaveText(["Call Jane"]);
  await today.later("Ring Mira", /^Tomorrow/);
  await today.act(/^Later: Ring Mira/, "Undo");
  await today.expectItems("Late", ["Ring Mira", "Screening interview"]);
  await board.open();
  await expect(board.card("Engineer").locator(".card-next")).toHaveText(/^Ring Mira · 1 day late$|^Ring Mira · 2 days late$/);
  await today.open();
  await today.done("Ring Mira");
  await today.expectItems("Late", ["Screening interview"]);
  await today.saved();
  expect(await user.api.reminder(reminder)).toMatchObject({ done_at: expect.any(String) });
  await today.item("Send a thank you").getByRole("link").click();
  await expect(today.page).toHaveURL(new RegExp(`/board/${id}\\?activity=${interview.id}$`));
});

test("what falls due is told by the system while nobody looks, where that was asked for", async ({
  user,
  settings,
  board,
  page,
}) => {
  // A browser that asks once, and keeps what it showed.
  await page.addInitScript(() => {
    const shown: object[] = [];
    class Notification {
      static permission = sessionStorage.getItem("permission") ?? "default";
      static requestPermission(): Promise<string> {
        const answer = (): string => {
          Notification.permission = sessionStorage.getItem("answer") ?? "granted";
          sessionStorage.setItem("permission", Notification.permission);
          return Notification.permission;
        };
        // The question is open until somebody answers it.
        return new Promise((resolve) => Object.assign(window, { answer: () => resolve(answer()) }));
      }
      onclick: (() => void) | null = null;
      readonly title: string;
      readonly options: object;
      constructor(title: string, options: object) {
        this.title = title;
        this.options = options;
        shown.push(this);
      }
    }
    Object.assign(window, { Notification, shown });
    sessionStorage.setItem("answer", "denied");
  });
  const { id } = await user.api.create({ role_title: "Engineer", company: "Northwind" });
  await settings.open();
  const notify = page.getByRole("switch", { name: "Notify me on this device" });
  await expect(notify).not.toBeChecked();
  const answer = () => page.evaluate(() => (window as unknown as { answer(): void }).answer());
  const question = page.getByText("Answer the browser’s question.");
  await notify.click();
  await expect(question).toBeVisible();
  await expect(notify).not.toBeChecked();
  await expect(notify).toHaveAttribute("aria-busy", "true");
  await expectAccessible(page);
  // A second press changes nothing.
  await notify.click();
  await expect(notify).not.toBeChecked();
  await answer();
  await expect(page.getByText("The browser blocks notifications")).toBeVisible();
  await expect(question).toHaveCount(0);
  await expect(notify).not.toBeChecked();
  await page.evaluate(() => sessionStorage.setItem("answer", "granted"));
  await notify.click();
  await answer();
  await expect(notify).toBeChecked();
  await expectAccessible(page);

  await page.clock.install();
  await user.api.remind(id, { title: "Ring Mira", due_at: hours(0.02) });
  await board.open();
  await board.saved();
  await expect(board.card("Engineer").locator(".card-next")).toHaveText(/^Ring Mira/);
  await page.evaluate(() => Object.defineProperty(document, "hasFocus", { value: () => false }));
  await page.clock.fastForward("02:00");
  const bell = new Bell(page);
  await bell.expectNew(1);
  const shown = () =>
    page.evaluate(() => (window as unknown as { shown: { title: string; options: object }[] }).shown);
  await expect.poll(shown).toMatchObject([{ title: "Ring Mira", options: { body: "Engineer at Northwind" } }]);
  // The page can be seen: it says so, too, and takes the answer.
  const toast = board.toast(/^Reminder:.*Ring Mira/);
  await expect(toast.getByRole("button")).toHaveText(["Done", "Again in 1 hour", "Open", ""]);
  await page.evaluate(() => (window as unknown as { shown: { onclick(): void }[] }).shown[0]?.onclick());
  await expect(page).toHaveURL(new RegExp(`/board/${id}$`));
  await board.act(/^Reminder:.*Ring Mira/, "Again in 1 hour");
  await expect(toast).toHaveCount(0);
  await bell.expectNew(0);
});

test("the bell is put off to any time, closed beside it, and leads to the quiet hours", async ({
  user,
  settings,
  sidebar,
  page,
}) => {
  const { id } = await user.api.create({ role_title: "Engineer", company: "Northwind", status: "Draft" });
  const plan = { type: "Interview", interview_stage: "loop", starts_at: hours(24 * 5) };
  const interview = await user.api.plan(id, plan);
  const bell = new Bell(page);
  await sidebar.goto(`/board/${id}?activity=${interview.id}`);
  await sidebar.saved();
  // Those of one interview are told apart.
  const lines = sidebar.panel.locator(".reminder-when");
  await expect(lines).toHaveText([/^48 h before · /, /^2 h before · /, /^\d/]);
  await sidebar.panel.getByRole("button", { name: "Remind me" }).click();
  const form = page.getByRole("form", { name: "A reminder" });
  await expect(form.getByRole("textbox", { name: "Remind me to" })).toHaveValue("Prepare");
  const before = form.getByRole("group", { name: "Before it begins" }).getByRole("button");
  await expect(before).toHaveText(["1 day before", "2 hours before", "1 hour before", "10 minutes before"]);
  await form.getByRole("textbox", { name: "When" }).pressSequentially("in 2 days");
  await page.keyboard.press("Enter");
  await expect(sidebar.panel.locator(".reminder")).toHaveText([/^Prepare/, /48 h before/, /2 h before/, /^Follow up/]);
  await sidebar.saved();
  expect((await user.api.reminders()).find((row) => row.title === "Prepare")).toMatchObject({
    application_id: id,
    activity_id: interview.id,
  });

  await bell.open();
  await bell.show("Later");
  const after = "Follow up after the interview";
  await expect(bell.rows).toHaveText(["Prepare", "Interview loop", "Interview loop", after]);
  await expect(bell.lines.nth(1)).toHaveText(/^48 h before \w+ [\d:]+ · Engineer at Northwind$/);
  await expect(bell.lines.nth(2)).toHaveText(/^2 h before \w+ [\d:]+ · Engineer at Northwind$/);
  await bell.press("Later", "Prepare");
  await bell.choose(/^Pick/);
  await expectAccessible(page);
  const when = bell.list.getByRole("textbox", { name: "When" });
  await when.fill("in 10 days");
  await page.keyboard.press("Enter");
  await expect(bell.rows).toHaveText(["Interview loop", "Interview loop", after, "Prepare"]);
  // What was done by mistake waits again.
  await bell.press("Done", "Prepare");
  await expect(bell.rows).toHaveText(["Interview loop", "Interview loop", after]);
  await bell.show("Done");
  await bell.list.getByRole("button", { name: "Not done: Prepare", exact: true }).click();
  await expect(bell.rows).toHaveCount(0);
  await bell.show("Later");
  await expect(bell.rows).toHaveText(["Interview loop", "Interview loop", after, "Prepare"]);
  await page.setViewportSize({ width: 390, height: 844 });
  const width = (it: Element): number => it.scrollWidth - it.clientWidth;
  expect(await bell.list.evaluate(width)).toBe(0);
  expect(await bell.list.locator(".bell-list").evaluate(width)).toBe(0);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.mouse.click(20, 700);
  await expect(bell.list).toBeHidden();
  await page.keyboard.press("r");
  // At the first reminder it is asked whether nights are to be quiet: once.
  await bell.list.getByRole("button", { name: "Keep quiet" }).click();
  const foot = bell.list.locator(".bell-quiet");
  await expect(foot).toHaveText(/^Quiet from .+ to .+ · Change$/);
  await expect.poll(() => user.api.settings()).toMatchObject({ quiet_hours_start: "21:00", quiet_hours_end: "08:00" });
  await bell.list.getByRole("button", { name: "Undo" }).click();
  await expect(foot).toHaveText("Set quiet hours");
  await expect(bell.list.getByRole("button", { name: "Keep quiet" })).toHaveCount(0);
  await foot.click();
  await expect(settings.quietFrom).toBeFocused();
});
