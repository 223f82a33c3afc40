import { readFile } from "node:fs/promises";
import { expect, test } from "../support/test.ts";

// The browser asks for the page's icon when it likes.
const NETWORK = /\/api\/v1\/|\/favicon/;

test("an interview is planned in two fields, prepared, and told how it went", async ({ user, board, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Compiler Engineer", status: "Tech_Screen" });
  await sidebar.open(id);
  await sidebar.plan("Schedule interview");
  await expect(sidebar.field("When")).toBeFocused();
  await sidebar.field("When").fill("tomorrow 10:00");
  await sidebar.field("When").press("Enter");
  await expect(sidebar.planned).toHaveText([/Technical interview.*, 10:00/]);
  await expect(sidebar.toast("Planned: Technical interview")).toBeVisible();
  await expect(board.card("Compiler Engineer", "Tech_Screen")).toContainText("Technical interview · tomorrow 10:00");
  // Where it was begun one goes on.
  await expect(sidebar.panel.getByRole("button", { name: "Schedule interview" })).toBeFocused();
  await sidebar.saved();
  const [planned] = await user.api.activities(id);
  expect(planned).toMatchObject({ type: "Interview", interview_stage: "technical", status: "scheduled" });

  await sidebar.openActivity("Technical interview");
  await sidebar.field("To prepare").fill("Read the posting");
  await sidebar.field("To prepare").press("Enter");
  await sidebar.panel.getByRole("checkbox", { name: "Read the posting" }).check();
  await sidebar.choose("Takes", "90 minutes");
  await sidebar.saved();
  const arrives = sidebar.page.waitForEvent("download");
  await sidebar.panel.getByRole("link", { name: "Add to calendar" }).click();
  const file = await arrives;
  expect(file.suggestedFilename()).toBe("appointment.ics");
  expect(await readFile(await file.path(), "utf8")).toMatch(/SUMMARY:Technical interview/);
  await sidebar.panel.getByRole("button", { name: "Done", exact: true }).click();
  await sidebar.panel.getByRole("button", { name: "It went well" }).click();
  await sidebar.saved();
  const [told] = await user.api.activities(id);
  expect(told).toMatchObject({
    status: "done",
    outcome: "good",
    duration_minutes: 90,
    prep_checklist: [{ text: "Read the posting", done: true }],
  });
  // One step back, to where it stands in the story.
  await sidebar.page.keyboard.press("Escape");
  await expect(sidebar.title).toHaveText("Compiler Engineer");
  await expect(sidebar.history).toHaveText([/Technical interview.*good/, /Tech screen/]);
  await expect(sidebar.panel.getByRole("link", { name: "Technical interview" })).toBeFocused();
  await expect(sidebar.planned).toHaveCount(0);
});

test("what has no start is not planned, and nothing of it is lost", async ({ user, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Engineer" });
  await sidebar.open(id);
  await sidebar.plan("Schedule interview");
  await sidebar.choose("Which interview", "Interview loop");
  await sidebar.panel.getByRole("button", { name: "Plan it" }).click();
  await expect(sidebar.error("When")).toContainText("Give a day and a time");
  await expect(sidebar.field("When")).toBeFocused();
  await sidebar.field("When").fill("30.11.2030 14:00");
  await sidebar.panel.getByRole("button", { name: "Plan it" }).click();
  await expect(sidebar.planned).toHaveText([/Interview loop/]);
  // Taken back, it is there no more.
  await sidebar.act(/^Planned: Interview loop/, "Undo");
  await expect(sidebar.planned).toHaveCount(0);
  await expect.poll(() => user.api.activities(id)).toEqual([]);
});

test("a follow-up is planned offline and sent with its application", async ({ user, board, quickAdd, sidebar, watch }) => {
  await board.open();
  await board.saved();
  watch.allowOffline(NETWORK);
  await board.page.context().setOffline(true);
  await board.add.click();
  await quickAdd.type("Acme", "Night Watch");
  await board.card("Night Watch", "Applied").click();
  await sidebar.plan("Plan a follow-up");
  await sidebar.field("When").press("Enter");
  await expect(sidebar.planned).toHaveText([/Follow-up/]);
  await sidebar.page.context().setOffline(false);
  await sidebar.saved();
  const [row] = await user.api.all();
  expect(row).toBeDefined();
  const activities = row ? await user.api.activities(row.id) : [];
  expect(activities).toMatchObject([{ type: "FollowUp", status: "scheduled", followup_channel: "email" }]);
});

test("the browser's Back saves what is being typed, and a begun plan is asked about first", async ({
  page,
  user,
  sidebar,
  watch,
}) => {
  const { id } = await user.api.create({ role_title: "Engineer" });
  const { id: call } = await user.api.plan(id, { type: "Call", status: "done", starts_at: "2026-03-02T09:00:00Z" });
  await sidebar.open(id);
  await sidebar.openActivity("Call");
  await sidebar.field("Notes").fill("They decide on Friday.");
  await page.goBack();
  await expect(sidebar.title).toHaveText("Engineer");
  await sidebar.saved();
  expect(await user.api.activities(id)).toMatchObject([{ id: call, notes: "They decide on Friday." }]);

  await sidebar.plan("Log a call");
  await sidebar.field("Outcome").fill("They pay well.");
  await sidebar.close.click();
  await expect(sidebar.toast("Not everything was saved.")).toBeVisible();
  await expect(sidebar.field("Outcome")).toHaveValue("They pay well.");
  // So is whoever closes the tab.
  watch.expectToBeAsked();
  await page.close({ runBeforeUnload: true });
  await expect(sidebar.field("Outcome")).toHaveValue("They pay well.");
  await sidebar.panel.getByRole("button", { name: "Log it" }).click();
  await expect(sidebar.history).toHaveText([/Call.*They pay well/, /Applied/, /Call/]);
});

test("the clock of an appointment stays where its zone is set right", async ({ user, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Engineer" });
  const { id: talk } = await user.api.plan(id, { type: "Interview", starts_at: "2030-05-06T09:00:00Z" });
  await sidebar.goto(`/board/${id}?activity=${talk}`);
  await sidebar.expectDate("When", "2030-05-06T10:00");
  await sidebar.fill("Time zone", "America/New_York");
  await sidebar.expectDate("When", "2030-05-06T10:00");
  await sidebar.saved();
  expect(await user.api.activities(id)).toMatchObject([{ starts_at: "2030-05-06T14:00:00Z" }]);
  await expect(sidebar.panel.locator(".activity-when")).toContainText("15:00 · 10:00 in New York");
  // The field reads the same and is another moment: what is set now is set on that.
  await sidebar.fill("When", "6.5.2030 11:00");
  await sidebar.fill("Time zone", "Asia/Tokyo");
  await sidebar.saved();
  await expect(sidebar.toast("elsewhere")).toHaveCount(0);
  expect(await user.api.activities(id)).toMatchObject([{ starts_at: "2030-05-06T02:00:00Z", timezone: "Asia/Tokyo" }]);
  // One step back, by the key.
  await sidebar.title.focus();
  await sidebar.page.keyboard.press("Control+z");
  await sidebar.expectDate("When", "2030-05-06T11:00");
  await expect(sidebar.field("Time zone")).toHaveValue("America/New_York");
  await sidebar.saved();
  expect(await user.api.activities(id)).toMatchObject([{ starts_at: "2030-05-06T15:00:00Z" }]);
});

test("what is typed into an activity is kept where another device deletes it", async ({ user, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Engineer" });
  const { id: talk } = await user.api.plan(id, { type: "Call", status: "done", starts_at: "2026-03-02T09:00:00Z" });
  await sidebar.goto(`/board/${id}?activity=${talk}`);
  await sidebar.saved();
  await sidebar.field("Notes").pressSequentially("They decide on Friday.");
  await user.api.deleteActivity(talk);
  await sidebar.lookAgain();
  await expect(sidebar.toast("was deleted elsewhere while you changed it here")).toBeVisible();
});
