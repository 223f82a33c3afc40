import { readFile } from "node:fs/promises";
import { Installed } from "../pages/installed.ts";
import { expectAccessible } from "../support/accessible.ts";
import { problem } from "../support/answers.ts";
import { keepStale } from "../support/stale.ts";
import type { User } from "../support/test.ts";
import { expect, test } from "../support/test.ts";

/** A day so many days ago, by the calendar in Lagos, an hour ahead of UTC. */
function dayAgo(days: number): string {
  return new Date(Date.now() + 3_600_000 - days * 86_400_000).toISOString().slice(0, 10);
}

/** So many days ago. */
function ago(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}

/** One that is silent, one that was rejected after its interviews, one of long ago, and a draft. */
async function furnish({ api }: User): Promise<{ silent: string; rejected: string }> {
  const sent = (days: number) => ({ application_date: dayAgo(days), status_occurred_at: ago(days) });
  const silent = await api.create({ company: "Northwind", role_title: "Silent", source: "LinkedIn", ...sent(12) });
  let rejected = await api.create({ company: "Deneb", role_title: "Rejected", source: "Referral", ...sent(20) });
  rejected = await api.patch(rejected.id, { status: "Interview_Loop", status_occurred_at: ago(10) });
  rejected = await api.patch(rejected.id, { status: "Rejected", status_occurred_at: ago(2) });
  await api.create({ company: "Vega", role_title: "Old", source: "linkedin", ...sent(200) });
  await api.create({ company: "Rigel", role_title: "Draft", status: "Draft" });
  return { silent: silent.id, rejected: rejected.id };
}

test("figures say what became of applications, and open the list behind them", async ({ page, user, analytics }) => {
  const { rejected } = await furnish(user);
  await analytics.open();
  await analytics.saved();
  await expect(analytics.tile("Applied")).toHaveText("3");
  await expect(analytics.tile("Answered")).toHaveText("33 %");
  await expect(analytics.tile("Interviews")).toHaveText("1");
  await expect(analytics.reached("Interview loop")).toHaveText("1");
  await expect(analytics.page.getByText("1 draft that you have not sent")).toBeVisible();

  // By the address, without another page.
  await analytics.period("30 days").click();
  await expect(page).toHaveURL(/\/analytics\?range=30$/);
  await expect(analytics.period("30 days")).toHaveAttribute("aria-current", "true");
  await expect(analytics.tile("Applied")).toHaveText("2");
  await expect(analytics.tiles.first()).toContainText("new: none in the 30 days before");
  await expect(analytics.sources.getByRole("row")).toHaveCount(3);

  // Of what was rejected the interview stands.
  await analytics.funnel.getByRole("button", { name: "1, Reached Interview loop: show them" }).click();
  await expect(analytics.list).toBeVisible();
  await expect(analytics.lines).toHaveText([/Rejected at Deneb.*Rejected.*reached Interview loop/]);
  await analytics.list.getByRole("link", { name: "Rejected at Deneb" }).click();
  await expect(page).toHaveURL(new RegExp(`/board/${rejected}$`));
  await page.goBack();
  await expect(analytics.tile("Applied")).toHaveText("2");
});

test("what waits for an answer is followed up with one press", async ({ user, analytics }) => {
  await furnish(user);
  await analytics.open("?range=7");
  await analytics.saved();
  // Whatever days are chosen.
  await expect(analytics.waiting.getByRole("listitem")).toHaveText([/Old at Vega.*200 days/, /Silent at Northwind.*12 days/]);
  const silent = analytics.waiting.getByRole("listitem").nth(1);
  await silent.getByRole("button", { name: "Follow up tomorrow" }).click();
  await expect(silent).toContainText("Follow-up planned");
  await analytics.saved();
});

test("a correction in the story changes the figures", async ({ user, analytics, sidebar }) => {
  const { rejected } = await furnish(user);
  await sidebar.open(rejected);
  await sidebar.saved();
  await sidebar.correct("Interview loop");
  await sidebar.panel.getByRole("button", { name: "Did not happen" }).click();
  await sidebar.saved();
  await analytics.nav.getByRole("link", { name: "Analytics" }).click();
  await expect(analytics.tile("Interviews")).toHaveText("0");
  // A rejection is an answer.
  await expect(analytics.tile("Answered")).toHaveText("33 %");
});

test("a device that does not hold all asks the server, and says where it cannot", async ({
  page,
  user,
  analytics,
  board,
  watch,
}) => {
  await furnish(user);
  await keepStale(page);
  await analytics.open();
  await expect(analytics.tile("Applied")).toHaveText("3");
  await analytics.period("30 days").click();
  await expect(analytics.tile("Applied")).toHaveText("2");
  await expect(analytics.tiles.first()).toContainText("in the 30 days before");
  // The list behind a figure, too.
  await analytics.tiles.first().click();
  await expect(analytics.lines).toHaveCount(2);
  await page.keyboard.press("Escape");
  await expect(analytics.list).toBeHidden();
  await analytics.nav.getByRole("link", { name: "Board", exact: true }).click();
  await expect(board.card("Silent", "Applied")).toBeVisible();
  await user.api.create({ company: "Sirius", role_title: "New" });
  await analytics.nav.getByRole("link", { name: "Analytics" }).click();
  await expect(analytics.tile("Applied")).toHaveText("4");

  watch.expectFailure(503, /\/analytics\/figures/);
  await page.route("**/api/v1/analytics/figures*", (route) =>
    route.fulfill(problem(503, "unavailable", "The server is busy.")),
  );
  await analytics.period("90 days").click();
  const notice = page.getByText("This device does not hold all of your applications");
  await expect(notice).toBeVisible();
  // What was shown stands, as what it is: of all days there is nothing before.
  await expect(analytics.tiles.first()).not.toContainText("before");
  await expect(analytics.tile("Applied")).toHaveText("4");
  watch.expectFailure(503, /\/analytics\/applications/);
  await page.route("**/api/v1/analytics/applications*", (route) =>
    route.fulfill(problem(503, "unavailable", "The server is busy.")),
  );
  await analytics.tiles.first().click();
  await expect(analytics.list).toContainText("so the list comes from the server");
  await page.unroute("**/api/v1/analytics/applications*");
  await page.keyboard.press("Escape");
  await expect(analytics.list).toBeHidden();
  await analytics.tiles.first().click();
  await expect(analytics.lines).toHaveCount(4);
  await page.keyboard.press("Escape");
  await analytics.nav.getByRole("link", { name: "Board", exact: true }).click();
  await expect(board.card("Silent", "Applied")).toBeVisible();
});

test("drawings are read by the arrow keys and the pointer", async ({ page, user, analytics }) => {
  await furnish(user);
  await analytics.open("?range=30&by=week");
  await analytics.saved();
  const said = analytics.overTime.locator(".read-out");
  await analytics.bars.focus();
  await page.keyboard.press("Home");
  await expect(analytics.bars).toHaveAttribute("aria-valuenow", "0");
  // Two were sent in the last thirty days, each in a week of its own.
  for (let sent = 0; sent < 2; sent++) {
    await expect(async () => {
      await page.keyboard.press("ArrowRight");
      await expect(said).toHaveText(/: 1 application, /, { timeout: 500 });
    }).toPass();
  }
  await expect(analytics.bars).toHaveAttribute("aria-valuetext", (await said.innerText()).trim());
  const at = await analytics.bars.getAttribute("aria-valuenow");
  await page.keyboard.press("Enter");
  await expect(analytics.lines).toHaveText([/Silent at Northwind/]);
  await page.keyboard.press("Escape");
  await expect(analytics.bars).toBeFocused();
  // Whoever comes back goes on where they were.
  await expect(analytics.bars).toHaveAttribute("aria-valuenow", at ?? "");

  // Today is the last day of the year.
  const done = analytics.page.getByRole("region", { name: "The last year" }).locator(".read-out");
  await analytics.days.focus();
  await expect(done).toHaveText(/: /);
  const today = await done.innerText();
  await page.keyboard.press("ArrowLeft");
  await expect(done).not.toHaveText(today);
  await analytics.days.locator("[data-at='300']").hover();
  await expect(done).toHaveText(/: nothing$/);
});

test("a table goes to a spreadsheet", async ({ page, user, analytics }) => {
  await furnish(user);
  await analytics.open();
  await analytics.saved();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    analytics.funnel.getByRole("button", { name: "Download “How far they came” as CSV" }).click(),
  ]);
  expect(file.suggestedFilename()).toMatch(/^stages-reached-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
  const text = await readFile((await file.path()) ?? "", "utf8");
  expect(text).toMatch(/^\uFEFFstage,reached,of_previous,of_first\r\nApplied,3,,1\r\n/);
});

test("a drawing goes into a letter, as SVG and as PNG", async ({ page, user, analytics }) => {
  await furnish(user);
  await analytics.open();
  await analytics.saved();
  const file = async (kind: string) => {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      analytics.sources.getByRole("button", { name: `Download “Where they came from” as ${kind}` }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(new RegExp(`^sources-.*\\.${kind.toLowerCase()}$`));
    return readFile((await download.path()) ?? "");
  };
  const svg = (await file("SVG")).toString("utf8");
  expect(svg).toContain("Where they came from");
  expect(svg).toContain("2 sent, 0 answered");
  const png = await file("PNG");
  // The signature, and the size: two dots a pixel.
  expect(png.subarray(1, 4).toString("latin1")).toBe("PNG");
  expect(png.readUInt32BE(16)).toBe(1440);
  // It is not of one colour.
  expect(png.length).toBeGreaterThan(8_000);
});

test("it says what to do next", async ({ page, user, analytics, sidebar }) => {
  const { api } = user;
  const silent = await api.create({ company: "Vega", role_title: "Silent", status_occurred_at: ago(30) });
  await api.patch(silent.id, { status: "Screening", status_occurred_at: ago(12) });
  const near = await api.create({ company: "Altair", role_title: "Near", status: "Tech_Screen" });
  await api.plan(near.id, { type: "Interview", starts_at: ago(-2) });
  await api.create({ company: "Deneb", role_title: "Offered", status: "Offer", status_occurred_at: ago(4) });
  await analytics.open();
  await expect(analytics.steps.getByRole("listitem")).toHaveText([
    /Near at Altair.*Interview.*nothing prepared.*Prepare/,
    /Offered at Deneb.*Offer open for 4 days/,
    /Silent at Vega.*Nothing has moved for 12 days.*Follow up tomorrow/,
  ]);
  await analytics.saved();
  await analytics.steps.getByRole("button", { name: "Follow up tomorrow" }).click();
  await expect(analytics.steps.getByRole("listitem")).toHaveCount(2);
  await analytics.steps.getByRole("link", { name: "Prepare: Near at Altair" }).click();
  await expect(page).toHaveURL(new RegExp(`/board/${near.id}\\?activity=`));
  await expect(sidebar.panel).toBeVisible();
});

test("figures are accessible, empty and full, wide and on a phone", async ({ page, user, analytics }) => {
  await analytics.open();
  await expect(analytics.page.getByText("Nothing was sent yet. Add what you applied to")).toBeVisible();
  await expectAccessible(page);
  await furnish(user);
  await analytics.reload();
  await analytics.overTime.getByText("As a table").click();
  const year = page.getByRole("region", { name: "The last year" });
  await year.getByText("As a table").click();
  await expect(year.getByRole("table")).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectAccessible(page);
  await analytics.tiles.first().click();
  await expect(analytics.lines).toHaveCount(3);
  await expectAccessible(page);
});

test.describe("from the cache", () => {
  test.use({ serviceWorkers: "allow" });

  test("figures are there without a network, with what was done since", async ({ page, user, analytics, board, sidebar, watch }) => {
    const { silent } = await furnish(user);
    const installed = new Installed(page);
    await installed.keeps(board);
    watch.allowOffline(/\/api\/v1\//);
    // A page of the cache has no token, and asks for one.
    watch.expectFailure(403, /\/applications\//);
    await page.context().setOffline(true);
    await analytics.open();
    await expect(analytics.tile("Applied")).toHaveText("3");
    await expect(analytics.tile("Offers")).toHaveText("0");
    await analytics.waiting.getByRole("link", { name: "Silent at Northwind" }).click();
    await sidebar.move("Offer");
    await analytics.nav.getByRole("link", { name: "Analytics" }).click();
    await expect(analytics.tile("Offers")).toHaveText("1");
    await page.context().setOffline(false);
    await analytics.saved();
    await expect(analytics.tile("Offers")).toHaveText("1");
    expect((await user.api.get(silent)).status).toBe("Offer");
  });

  test("what is not on this device is counted without a network, too", async ({ page, user, analytics, board, watch }) => {
    await furnish(user);
    // Archived for longer than a device keeps it.
    const old = await user.api.create({ company: "Spica", role_title: "Gone", application_date: dayAgo(300) });
    await user.api.patch(old.id, { archived_at: ago(200) } as never);
    await new Installed(page).keeps(board);
    await analytics.open();
    await expect(analytics.tile("Applied")).toHaveText("4");
    watch.allowOffline(/\/api\/v1\//);
    await page.context().setOffline(true);
    await analytics.open();
    await expect(page.getByText("This device does not hold all of your applications: 1 is missing")).toBeVisible();
    await page.context().setOffline(false);
    // Once there is a network again it asks by itself.
    await expect(analytics.tile("Applied")).toHaveText("4");
  });

  test("a report is made without a network, printed, and kept as a table", async ({ page, user, analytics, board, watch }) => {
    await furnish(user);
    const installed = new Installed(page);
    await installed.keeps(board);
    watch.allowOffline(/\/api\/v1\//);
    await page.context().setOffline(true);
    await analytics.open("?range=30");
    await analytics.period("Report").click();
    await expect(page).toHaveURL(/\/analytics\/report\?range=30$/);
    const { report } = analytics;
    await expect(report).toContainText("2 sent, 1 of them answered, 1 came to interviews, 0 to offers.");
    const rejected = report.getByRole("row", { name: /Rejected at Deneb/ });
    await expect(rejected.getByRole("listitem")).toHaveText([/Applied/, /Moved to Interview loop/, /Moved to Rejected/]);
    await expect(report).not.toContainText("Vega");
    await expectAccessible(page);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      report.getByRole("button", { name: "Download CSV" }).click(),
    ]);
    const text = await readFile((await file.path()) ?? "", "utf8");
    expect(text.trim().split("\r\n")).toHaveLength(5);
    expect(text).toContain("Deneb,Rejected,Moved to Interview loop,Rejected,");

    await page.emulateMedia({ media: "print" });
    await expect(rejected).toBeVisible();
    await expect(analytics.nav).toBeHidden();
    await expect(report.getByRole("button", { name: "Print" })).toBeHidden();
    await page.emulateMedia({ media: "screen" });
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page);
    await page.context().setOffline(false);
  });
});
