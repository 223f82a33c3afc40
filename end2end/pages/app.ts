import { expect, type Locator, type Page } from "@playwright/test";

/** What every page of a signed-in user has. */
export class App {
  readonly page: Page;
  /** How it stands with the server. */
  readonly sync: Locator;
  /** What waits for the server, and what gave way. */
  readonly syncPanel: Locator;
  /** Says that this browser does not keep what is done here. */
  readonly storageNotice: Locator;
  /** Asks about edits that another account left here. */
  readonly leftBehind: Locator;
  readonly toasts: Locator;
  /** What a screen reader is told. */
  readonly announcer: Locator;
  readonly nav: Locator;
  readonly keysDialog: Locator;
  /** Opens quick add; on a phone it is round, and floats. */
  readonly add: Locator;

  constructor(page: Page) {
    this.page = page;
    this.sync = page.locator(".page-header .sync");
    this.syncPanel = page.locator(".sync-panel");
    this.storageNotice = page.locator(".storage-notice");
    this.leftBehind = page.getByRole("dialog", { name: /unsent changes? of another account/ });
    this.toasts = page.getByRole("region", { name: "Notifications" }).locator(".toast");
    this.announcer = page.locator("#announcer");
    this.nav = page.getByRole("navigation", { name: "Main" });
    this.add = page.locator(".page-header").getByRole("button", { name: /^Add\b/ });
    this.keysDialog = page.getByRole("dialog", { name: "Keys" });
  }

  /** Opens a page of the app, and waits until it reacts. */
  async goto(path: string): Promise<void> {
    await this.page.goto(path);
    await this.hydrated();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.hydrated();
  }

  async hydrated(): Promise<void> {
    await expect(this.page.locator("html")).toHaveAttribute("data-hydrated", { timeout: 30_000 });
  }

  /** Everything that was done here is at the server. */
  async saved(): Promise<void> {
    await expect(this.sync).toHaveAttribute("data-state", "saved");
  }

  /** There is no network, and so many edits wait safely for it. */
  async expectOffline(waiting: number): Promise<void> {
    await expect(this.sync).toHaveText(waiting === 0 ? "Offline" : `Offline, ${waiting} waiting`);
  }

  /** So many edits wait for a decision; the rest is at the server. */
  async expectAttention(count: number): Promise<void> {
    await expect(this.sync).toHaveText(count === 1 ? "Needs attention" : `${count} need attention`);
    await expect(this.sync).toHaveAttribute("data-state", "attention");
  }

  /** As when one comes back from another window. */
  async lookAgain(): Promise<void> {
    await this.page.evaluate(() => window.dispatchEvent(new Event("focus")));
  }

  /** Asks the server for something else: what the page asked for before that is under way by then. */
  async roundTrip(): Promise<void> {
    await this.page.evaluate(async () => void (await fetch("/healthz")));
  }

  toast(text: string | RegExp): Locator {
    return this.toasts.filter({ hasText: text });
  }

  /** Whether an application is followed up, in the toast that says where it is now. */
  followUp(toast: string | RegExp): Locator {
    return this.toast(toast).getByRole("button", { name: /^(Follow up|No follow-up)/ });
  }

  /** Presses what a toast offers. */
  async act(toast: string | RegExp, action: string): Promise<void> {
    await this.toast(toast).getByRole("button", { name: action, exact: true }).click();
  }
}
