import { Sidebar } from "../pages/sidebar.ts";
import { expect, test } from "../support/test.ts";

test("an application's page is whole without scripts", async ({ browser, user, page, baseURL }) => {
  const { id } = await user.api.create({
    company: "Northwind",
    role_title: "Platform & Data Engineer",
    status: "Screening",
    notes: "Ask about <on call>.",
    job_url: "https://jobs.example.com/1",
    salary_min: 82000,
    tags: ["rust"],
    contacts_inline: [{ name: "Jane Doe" }],
  });
  const html = await (await page.request.get(`/board/${id}`)).text();
  expect(html).toContain("Platform &amp; Data Engineer");
  expect(html).toMatch(/Ask about &lt;on call(>|&gt;)\./);

  const storageState = await page.context().storageState();
  const context = await browser.newContext({ javaScriptEnabled: false, storageState, ...(baseURL && { baseURL }) });
  const plain = new Sidebar(await context.newPage());
  await plain.page.goto(`/board/${id}`);
  await expect(plain.title).toHaveText("Platform & Data Engineer");
  await plain.expectField("Company", "Northwind");
  await plain.expectField("Posting", "https://jobs.example.com/1");
  await plain.expectField("Pay from", "82,000");
  await plain.expectField("Status", "Screening");
  await plain.expectField("Notes", "Ask about <on call>.");
  await expect(plain.cell("contact", "Name")).toHaveValue("Jane Doe");
  await expect(plain.tokens("Tags")).toHaveText(["rust"]);
  await context.close();
});

test("every kind of field is saved as one leaves it", async ({ user, sidebar, page }) => {
  const { id } = await user.api.create({ company: "Acme", role_title: "Engineer" });
  await sidebar.open(id);

  await sidebar.fill("Company", "Northwind");
  await sidebar.fill("Role", "Staff Engineer");
  await sidebar.fill("Applied on", "2026-03-02");
  await sidebar.choose("Priority", "High");
  await sidebar.fill("Source", "Referral");
  await sidebar.addToken("Tags", "rust");
  await sidebar.addToken("Tags", "remote");
  await sidebar.addToken("Tags", "RUST");
  await sidebar.fill("Next action", "Call Jane");
  await sidebar.fill("Due", "2030-03-20T15:30");
  await sidebar.fill("Posting", "jobs.example.com/1");
  await sidebar.choose("Work", "Hybrid");
  await sidebar.fill("Place", "Lagos");
  await sidebar.fill("Time zone", "Europe/Berlin");
  await sidebar.fill("Pay from", "82,000");
  await sidebar.fill("Pay to", "96000.50");
  await sidebar.fill("Currency", "EUR");
  await sidebar.fill("Level", "Staff");
  await sidebar.fill("Job number", "R-17");
  await sidebar.addToken("Technologies", "postgres");
  await sidebar.fill("Résumé", "https://example.com/cv.pdf");
  await sidebar.field("Cover letter").check();
  await sidebar.fill("Letter’s address", "https://example.com/letter.pdf");
  await sidebar.addRow("link", { "What it is": "Take-home", "https://…": "https://example.com/task" });
  await sidebar.addRow("contact", { Name: "Jane Doe", "What they do there": "Recruiter", Email: "jane@example.com" });
  await sidebar.addRow("contact", { Name: "John Roe" });
  await sidebar.fill("Notes", "First line.\nSecond line.");
  await sidebar.saved();
  await expect(sidebar.panel.locator(".field-error:not(:empty)")).toHaveCount(0);

  await sidebar.reload();
  await expect(sidebar.title).toHaveText("Staff Engineer");
  const fields = {
    Company: "Northwind",
    Role: "Staff Engineer",
    Priority: "High",
    Source: "Referral",
    "Next action": "Call Jane",
    Posting: "https://jobs.example.com/1",
    Work: "hybrid",
    Place: "Lagos",
    "Time zone": "Europe/Berlin",
    "Pay from": "82,000",
    "Pay to": "96,000.50",
    Currency: "EUR",
    Level: "Staff",
    "Job number": "R-17",
    Résumé: "https://example.com/cv.pdf",
    "Letter’s address": "https://example.com/letter.pdf",
    Notes: "First line.\nSecond line.",
  };
  for (const [label, value] of Object.entries(fields)) await sidebar.expectField(label, value);
  await sidebar.expectDate("Applied on", "2026-03-02");
  await sidebar.expectDate("Due", "2030-03-20T15:30");
  await expect(sidebar.tokens("Tags")).toHaveText(["rust", "remote"]);
  await expect(sidebar.tokens("Technologies")).toHaveText(["postgres"]);
  await expect(sidebar.field("Cover letter")).toBeChecked();
  await expect(sidebar.cell("link", "What it is")).toHaveValue("Take-home");
  await expect(sidebar.cell("link", "https://…")).toHaveValue("https://example.com/task");
  await expect(sidebar.cell("contact", "Name").first()).toHaveValue("Jane Doe");
  await expect(sidebar.cell("contact", "Email").first()).toHaveValue("jane@example.com");
  await expect(sidebar.cell("contact", "Name").last()).toHaveValue("John Roe");
  await expect(page.getByRole("link", { name: "Open Posting" })).toHaveAttribute("href", "https://jobs.example.com/1");
  // 15:30 on a clock in Lagos.
  expect((await user.api.get(id)).next_action_due).toBe("2030-03-20T14:30:00Z");
});

test("fields are cleared, rows and words removed", async ({ user, sidebar }) => {
  const { id } = await user.api.create({
    notes: "Old.",
    tags: ["rust", "go"],
    next_action_due: "2030-03-20T14:30:00Z",
    salary_min: 1000,
    cover_letter_used: true,
    contacts_inline: [{ name: "Jane Doe" }, { name: "John Roe" }],
  });
  await sidebar.open(id);
  await sidebar.fill("Notes", "");
  await sidebar.fill("Due", "");
  await sidebar.fill("Pay from", "");
  await sidebar.field("Cover letter").uncheck();
  await sidebar.removeToken("rust");
  await expect(sidebar.tokens("Tags")).toHaveText(["go"]);
  await sidebar.field("Tags").press("Backspace");
  await expect(sidebar.tokens("Tags")).toHaveCount(0);
  await sidebar.panel.getByRole("button", { name: "Remove this contact" }).first().click();
  await sidebar.saved();
  await sidebar.reload();
  await expect(sidebar.cell("contact", "Name")).toHaveCount(1);
  await expect(sidebar.cell("contact", "Name")).toHaveValue("John Roe");
  expect(await user.api.get(id)).toMatchObject({
    notes: null,
    next_action_due: null,
    salary_min: null,
    cover_letter_used: false,
    tags: [],
    contacts_inline: [{ name: "John Roe" }],
  });
});

test("what does not fit is complained of beside its field, and stays to be corrected", async ({ user, sidebar }) => {
  const { id } = await user.api.create({ salary_min: 90000 });
  await sidebar.open(id);
  await sidebar.fill("Pay to", "80000");
  await expect(sidebar.error("Pay to")).toHaveText("The upper end is below the lower end.");
  await sidebar.expectField("Pay to", "80000");
  await sidebar.fill("Posting", "javascript:alert(1)");
  await expect(sidebar.error("Posting")).toHaveText("Give a web address that starts with https:// or http://.");
  await sidebar.expectField("Posting", "javascript:alert(1)");
  await sidebar.fill("Company", "");
  await expect(sidebar.error("Company")).not.toBeEmpty();
  await expect(sidebar.field("Company")).toHaveAttribute("aria-invalid", "true");
  await sidebar.addRow("contact", { Name: "Jane Doe", Email: "no address" });
  await expect(sidebar.error("contact: Email")).not.toBeEmpty();

  await sidebar.fill("Pay to", "95000");
  await expect(sidebar.error("Pay to")).toBeEmpty();
  await sidebar.fill("Posting", "https://example.com");
  await expect(sidebar.error("Posting")).toBeEmpty();
  await sidebar.fill("Company", "Acme 2");
  await expect(sidebar.error("Company")).toBeEmpty();
  await sidebar.cell("contact", "Email").fill("jane@example.com");
  await sidebar.cell("contact", "Email").press("Tab");
  await expect(sidebar.error("contact: Email")).toBeEmpty();
  await sidebar.saved();
  expect(await user.api.get(id)).toMatchObject({
    salary_max: 95000,
    job_url: "https://example.com",
    company: "Acme 2",
    contacts_inline: [{ name: "Jane Doe", email: "jane@example.com" }],
  });
});

test("what does not fit keeps the sidebar open once, whichever way one leaves", async ({ page, user, board, sidebar }) => {
  const { id } = await user.api.create({ salary_min: 90000 });
  await user.api.create({ role_title: "Other" });
  await sidebar.open(id);
  await sidebar.field("Pay to").fill("80000");
  await page.keyboard.press("Escape");
  await expect(sidebar.field("Pay to")).toBeFocused();
  await expect(sidebar.error("Pay to")).toBeInViewport();
  await sidebar.expectField("Pay to", "80000");

  await sidebar.field("Pay to").fill("lots");
  await board.card("Other").click();
  await expect(sidebar.error("Pay to")).toContainText("“lots” is not clear");
  await expect(sidebar.field("Pay to")).toBeFocused();
  await expect(page).toHaveURL(`/board/${id}`);
  await sidebar.close.click();
  await expect(sidebar.panel).toHaveCount(0);
  expect((await user.api.get(id)).salary_max).toBeNull();
});

test("pay is read as people write it, and shown as it was understood", async ({ user, sidebar }) => {
  const { id } = await user.api.create({ company: "Acme" });
  await sidebar.open(id);
  for (const [typed, shown, stored] of [
    ["18,50", "18.50", 18.5],
    ["45.000", "45,000", 45000],
    ["45.000,00", "45,000", 45000],
    ["€85000", "85,000", 85000],
  ] as const) {
    await sidebar.fill("Pay from", typed);
    await sidebar.expectField("Pay from", shown);
    await sidebar.saved();
    expect((await user.api.get(id)).salary_min, typed).toBe(stored);
  }
  await sidebar.fill("Pay from", "100–120k");
  await sidebar.expectField("Pay from", "100,000");
  await sidebar.expectField("Pay to", "120,000");
  await sidebar.saved();
  expect(await user.api.get(id)).toMatchObject({ salary_min: 100000, salary_max: 120000, salary_currency: null });

  const { version } = await user.api.get(id);
  await sidebar.fill("Pay from", "a lot");
  await expect(sidebar.error("Pay from")).toHaveText("“a lot” is not clear as an amount. Write it like 85000 or 18.50.");
  await sidebar.expectField("Pay from", "a lot");
  await expect(sidebar.field("Pay from")).toHaveAttribute("aria-invalid", "true");
  await expect(sidebar.field("Pay to")).not.toHaveAttribute("aria-invalid", "true");
  await sidebar.fill("Pay from", "100k");
  await expect(sidebar.error("Pay from")).toBeEmpty();
  await sidebar.expectField("Pay from", "100,000");
  await sidebar.saved();
  expect((await user.api.get(id)).version).toBe(version);
});

test("a held Backspace takes letters, and no tags", async ({ page, user, sidebar }) => {
  const tags = ["one", "two", "three"];
  const { id } = await user.api.create({ tags });
  await sidebar.open(id);
  const field = sidebar.field("Tags");
  await field.click();
  await page.keyboard.type("fou");
  for (let press = 0; press < 8; press++) await page.keyboard.down("Backspace");
  await page.keyboard.up("Backspace");
  await expect(field).toHaveValue("");
  await expect(sidebar.tokens("Tags")).toHaveText(tags);
  await field.press("Backspace");
  await expect(sidebar.tokens("Tags")).toHaveText(["one", "two"]);
});

test("words that are typed faster than they show are all kept", async ({ user, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Fast" });
  await sidebar.open(id);
  await sidebar.saved();
  await sidebar.field("Tags").pressSequentially("alpha,beta,gamma,delta,");
  await sidebar.saved();
  expect((await user.api.get(id)).tags).toEqual(["alpha", "beta", "gamma", "delta"]);
});

test("what is being typed is saved when the page goes to the background", async ({ page, user, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Interrupted" });
  await sidebar.open(id);
  await sidebar.saved();
  await sidebar.field("Notes").pressSequentially("Half a sentence");
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect.poll(async () => (await user.api.get(id)).notes).toBe("Half a sentence");
  // One goes on where one was.
  await expect(sidebar.field("Notes")).toBeFocused();
});

test("the old value typed again is no change", async ({ user, sidebar }) => {
  const { id } = await user.api.create({ company: "Acme" });
  await sidebar.open(id);
  await sidebar.fill("Company", "");
  await expect(sidebar.error("Company")).not.toBeEmpty();
  await sidebar.fill("Company", "Acme");
  await expect(sidebar.error("Company")).toBeEmpty();
  await sidebar.saved();
  expect((await user.api.get(id)).version).toBe(1);
});

test("the status moves the card, and the history tells of it", async ({ user, board, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Mover", status: "Draft" });
  await sidebar.open(id);
  await expect(sidebar.history).toHaveText([/Draft/]);
  await sidebar.move("Applied");
  await expect(board.card("Mover", "Applied")).toBeVisible();
  await board.expectCount("Draft", 0);
  await sidebar.move("Tech_Screen");
  await expect(sidebar.history).toHaveText([/Tech screen.*here/, /Applied/, /Draft/]);
  await sidebar.saved();
  await sidebar.reload();
  await expect(sidebar.status).toHaveValue("Tech_Screen");
  await expect(sidebar.history).toHaveText([/Tech screen.*here/, /Applied/, /Draft/]);

  await sidebar.move("Offer");
  await expect(sidebar.history).toHaveCount(4);
  await sidebar.act(/Moved Mover at .+ to Offer/, "Undo");
  await expect(sidebar.history).toHaveText([/Tech screen.*here/, /Applied/, /Draft/]);
  await sidebar.saved();
  await sidebar.reload();
  await expect(sidebar.history).toHaveText([/Tech screen.*here/, /Applied/, /Draft/]);
});

test("an application is archived and restored from its sidebar", async ({ user, board, sidebar }) => {
  const { id } = await user.api.create({ role_title: "Stored" });
  await sidebar.open(id);
  await sidebar.archive.click();
  await expect(sidebar.panel).toContainText("Archived: not on the board");
  await expect(board.card("Stored")).toHaveCount(0);
  await sidebar.saved();
  await sidebar.reload();
  await expect(sidebar.title).toHaveText("Stored");
  await sidebar.panel.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(board.card("Stored", "Applied")).toBeVisible();
  await sidebar.saved();
  expect((await user.api.get(id)).archived_at).toBeNull();
});

test("another card replaces the one that is open", async ({ page, user, board, sidebar }) => {
  const { id } = await user.api.create({ role_title: "First", notes: "One." });
  await user.api.create({ role_title: "Second", notes: "Two." });
  await sidebar.open(id);
  await sidebar.expectField("Notes", "One.");
  await board.card("Second").click();
  await expect(sidebar.title).toHaveText("Second");
  await sidebar.expectField("Notes", "Two.");
  await page.goBack();
  await expect(sidebar.title).toHaveText("First");
  await sidebar.expectField("Notes", "One.");
});

test("an unknown id says so", async ({ page, user: _, sidebar }) => {
  await sidebar.open(crypto.randomUUID());
  await expect(sidebar.title).toHaveText("Not here");
  await page.keyboard.press("Escape");
  await expect(sidebar.panel).toHaveCount(0);
  await expect(page).toHaveURL("/board");
});

test("an address that leads nowhere says so", async ({ page, user: _, watch, sidebar }) => {
  watch.expectFailure(404, /\/nowhere$/);
  await sidebar.goto("/nowhere");
  await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
});
