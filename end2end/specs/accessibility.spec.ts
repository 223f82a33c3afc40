import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { SignIn } from "../pages/sign-in.ts";
import { expect, test, type User } from "../support/test.ts";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WIDTHS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const SCHEMES = ["light", "dark"] as const;

/** What stands between two looks must have come to rest. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
}

/** Looks at the page as it is now, in both schemes and on both screens. */
async function expectAccessible(page: Page): Promise<void> {
  for (const [screen, size] of Object.entries(WIDTHS)) {
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      await settled(page);
      const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
      const found = violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`),
      );
      expect.soft(found, `${screen}, ${colorScheme}`).toEqual([]);
    }
  }
}

/** A board on which a bit of everything shows. */
async function furnish({ api }: User): Promise<string> {
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
  const { id } = await api.create({
    company: "Northwind",
    role_title: "Platform Engineer",
    priority: "High",
    tags: ["rust", "remote", "on-call", "fintech"],
    next_action: "Follow up",
    next_action_due: hours(-72),
    job_url: "https://jobs.example.com/1",
    salary_min: 82000,
    salary_max: 96000,
    salary_currency: "EUR",
    notes: "Ask about the migration.",
    contacts_inline: [{ name: "Jane Doe", email: "jane@example.com" }],
    attachments_links: [{ url: "https://example.com/task", label: "Task" }],
  });
  await api.create({ role_title: "Soon", priority: "Medium", next_action_due: hours(3), status: "Screening" });
  await api.create({ role_title: "Later", priority: "Low", next_action_due: hours(100), status: "Draft" });
  await api.create({ role_title: "Over", status: "Rejected" });
  await api.create({ role_title: "Gone", archived_at: hours(0) });
  return id;
}

test.use({ contextOptions: { reducedMotion: "reduce" } });

test("sign-in", async ({ page }) => {
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.send.click();
  await expect(signIn.error).not.toBeEmpty();
  await expectAccessible(page);
});

test("the code of the mail", async ({ page }) => {
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.askFor("axe@example.com");
  await expectAccessible(page);
});

test("verify", async ({ page }) => {
  const signIn = new SignIn(page);
  await signIn.goto("/sign-in/verify?token=some");
  await expectAccessible(page);
});

test("empty board", async ({ page, board }) => {
  await board.open();
  await expectAccessible(page);
});

test("board", async ({ page, user, board }) => {
  await furnish(user);
  await board.open();
  await expectAccessible(page);
});

test("board with a card picked up, and a toast", async ({ page, user, board }) => {
  const id = await furnish(user);
  await board.open();
  await board.drag(board.card("Soon"), "Recruiter_Call");
  await board.cardOf(id).focus();
  await page.keyboard.press("Space");
  await expect(board.cardOf(id)).toHaveAttribute("data-lifted");
  await expectAccessible(page);
});

test("board with sidebar", async ({ page, user, sidebar }) => {
  const id = await furnish(user);
  await sidebar.open(id);
  await sidebar.fill("Pay to", "1");
  await expect(sidebar.error("Pay to")).not.toBeEmpty();
  await expectAccessible(page);
});

test("quick add", async ({ page, user, board, quickAdd }) => {
  await furnish(user);
  await board.open();
  await page.keyboard.press("c");
  await quickAdd.company.fill("Northwind");
  await expect(quickAdd.guard).toBeVisible();
  await expectAccessible(page);
});

test("keys", async ({ page, user, board }) => {
  await furnish(user);
  await board.open();
  await page.keyboard.press("?");
  await expect(board.keysDialog).toBeVisible();
  await expectAccessible(page);
});

test("archive", async ({ page, user, archive }) => {
  await furnish(user);
  await archive.open();
  await expect(archive.row("Gone")).toBeVisible();
  await expectAccessible(page);
});

test("settings", async ({ page, settings }) => {
  await settings.open();
  await expectAccessible(page);
});

test("an address that leads nowhere", async ({ page, user: _, watch, board }) => {
  watch.expectFailure(404, /\/nowhere$/);
  await board.goto("/nowhere");
  await expectAccessible(page);
});
