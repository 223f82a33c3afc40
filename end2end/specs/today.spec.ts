import { expect, test } from "../support/test.ts";

/** So many hours from now. */
function hours(count: number): string {
  return new Date(Date.now() + count * 3_600_000).toISOString();
}

test("what is done goes, and what is next is asked", async ({ user, today, sidebar }) => {
  const { id } = await user.api.create({
    role_title: "Engineer",
    company: "Acme",
    next_action: "Send the task",
    next_action_due: hours(-50),
  });
  await today.open();
  await today.expectItems("Late", ["Send the task"]);
  await today.done("Send the task");
  await expect(today.nextStep).toBeFocused();
  await expect(today.toast("Done: Send the task")).toBeVisible();
  // One Escape does not drop what was typed; left without a word, it is kept.
  await today.nextStep.fill("Ask for news");
  await today.nextStep.press("Escape");
  await expect(today.page.getByText("Press Esc again to drop it.")).toBeVisible();
  await expect(today.nextStep).toHaveValue("Ask for news");
  await today.page.getByRole("button", { name: "Tomorrow", exact: true }).click();
  await today.nav.getByRole("link", { name: "Board", exact: true }).click();
  await expect(today.toast("Next: Ask for news")).toBeVisible();
  await today.nav.getByRole("link", { name: "Today", exact: true }).click();
  await today.expectItems("Tomorrow", ["Ask for news"]);
  await expect(today.part("Late")).toHaveCount(0);
  await today.saved();
  expect(await user.api.get(id)).toMatchObject({ next_action: "Ask for news" });
  const told = await user.api.activities(id);
  expect(told).toMatchObject([{ type: "Other", status: "done", notes: "Send the task" }]);

  await today.item("Ask for news").getByRole("link").click();
  await expect(sidebar.history).toHaveText([/Send the task/, /Applied/]);
});

test("the agenda is walked, done and put off by keyboard alone", async ({ page, user, today }) => {
  const { id } = await user.api.create({ role_title: "Engineer", company: "Acme" });
  await user.api.plan(id, { type: "FollowUp", starts_at: hours(-3) });
  // One that no rule follows up: a few hours ago may be yesterday.
  await user.api.plan(id, { type: "Interview", interview_stage: "screening", starts_at: hours(-5) });
  await today.open();
  await today.expectItems("Late", ["Screening interview", "Follow-up"]);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(today.item("Follow-up").getByRole("link")).toBeFocused();
  await page.keyboard.press("s");
  await expect(page.getByRole("group", { name: "When instead" }).getByRole("button").first()).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(today.item("Follow-up").getByRole("link")).toBeFocused();
  // From the button one goes back to the button.
  const later = page.getByRole("button", { name: "Later: Follow-up", exact: true });
  await later.press("Enter");
  await expect(page.getByRole("group", { name: "When instead" }).getByRole("button").first()).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(later).toBeFocused();
  await page.keyboard.press("k");
  await page.keyboard.press("d");
  await expect(today.nextStep).toBeFocused();
  await page.keyboard.press("Escape");
  await today.expectItems("Late", ["Follow-up"]);
  await today.later("Follow-up", /^Tomorrow/);
  await today.expectItems("Tomorrow", ["Follow-up"]);
  await today.act(/^Moved: Follow-up/, "Undo");
  await today.expectItems("Late", ["Follow-up"]);
  await today.saved();
  const statuses = (await user.api.activities(id)).map((row) => row.status);
  expect(statuses).toEqual(["scheduled", "done"]);
});

test("the next interview stands beside the agenda, and an empty hunt says how to begin", async ({ page, user, today }) => {
  await today.open();
  await expect(today.empty).toBeVisible();
  const { id } = await user.api.create({ role_title: "Engineer", company: "Acme" });
  await user.api.plan(id, {
    type: "Interview",
    interview_stage: "technical",
    starts_at: hours(50),
    location_or_link: "https://meet.example/1",
    prep_checklist: [{ text: "Read", done: false }],
  });
  // There is something to do now: the root leads there.
  await today.goto("/");
  await expect(page).toHaveURL(/\/today$/);
  // Counted by nights: late in the evening they are three.
  await expect(today.side).toContainText(/in [23] days/);
  await expect(today.side).toContainText("Technical interview");
  await expect(today.side.getByRole("link", { name: "Join" })).toHaveAttribute("href", "https://meet.example/1");
  await expect(today.side.getByRole("link", { name: "Prepare · 1 left" })).toBeVisible();
});

test("what is opened goes back to its row, and the last deed is taken back by its key", async ({ page, user, today }) => {
  const { id } = await user.api.create({ role_title: "Engineer", company: "Acme" });
  await user.api.plan(id, { type: "FollowUp", starts_at: hours(-3) });
  await user.api.plan(id, { type: "Interview", interview_stage: "loop", starts_at: hours(-5) });
  await today.open();
  const link = today.item("Follow-up").getByRole("link");
  for (const close of ["Escape", "×", "back"]) {
    await link.focus();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/board\/.+activity=/);
    await expect(page.locator("#sidebar-title")).toBeFocused();
    if (close === "Escape") await page.keyboard.press("Escape");
    if (close === "×") await page.getByRole("link", { name: "Close" }).click();
    if (close === "back") await page.goBack();
    await expect(page).toHaveURL(/\/today$/);
    await expect(link).toBeFocused();
  }
  await page.keyboard.press("d");
  await expect(page.locator("#next-step")).toBeFocused();
  await page.keyboard.press("Escape");
  await today.expectItems("Late", ["Interview loop"]);
  await page.keyboard.press("Control+z");
  await expect(today.toast(/^Undone: Follow-up/)).toBeVisible();
  await today.expectItems("Late", ["Interview loop", "Follow-up"]);
});

test("a double press does one deed, and one undo takes it back", async ({ user, today }) => {
  const names = ["One", "Two", "Three"];
  for (const [n, next_action] of names.entries()) {
    await user.api.create({ role_title: "Engineer", next_action, next_action_due: hours(n - 9) });
  }
  // Where something is next already nothing is asked, and the next row slides under the pointer.
  const [row] = await user.api.all();
  const follow = { type: "FollowUp", starts_at: hours(-12) } as const;
  for (const _ of [1, 2]) if (row) await user.api.plan(row.id, follow);
  await today.open();
  await today.expectItems("Late", ["Follow-up", "Follow-up", ...names]);
  await today.page.getByRole("button", { name: "Done: Follow-up" }).first().dblclick();
  await today.expectItems("Late", ["Follow-up", ...names]);
  await today.saved();
  await today.expectItems("Late", ["Follow-up", ...names]);
  await today.page.keyboard.press("Control+z");
  await today.expectItems("Late", ["Follow-up", "Follow-up", ...names]);

  await today.page.getByRole("button", { name: "Done: One" }).dblclick();
  await expect(today.toast("Done: One, Engineer at Acme")).toBeVisible();
  await today.act("Done: One, Engineer at Acme", "Undo");
  await today.expectItems("Late", ["Follow-up", "Follow-up", ...names]);
});
