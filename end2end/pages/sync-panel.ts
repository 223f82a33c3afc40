import { expect, type Locator, type Page } from "@playwright/test";
import { App } from "./app.ts";

/** What waits for the server, and the edits that gave way. */
export class SyncPanel {
  readonly dialog: Locator;
  readonly headline: Locator;
  /** The edits that gave way. */
  readonly displaced: Locator;
  readonly waiting: Locator;
  private readonly app: App;

  constructor(page: Page) {
    this.app = new App(page);
    this.dialog = this.app.syncPanel;
    this.headline = this.dialog.locator(".dialog-title");
    this.displaced = this.dialog.locator(".displaced");
    this.waiting = this.dialog.locator(".waiting-item");
  }

  async open(): Promise<void> {
    await this.app.sync.click();
    await expect(this.dialog).toBeVisible();
  }

  /** Opens it with the keyboard. */
  async openByKey(): Promise<void> {
    await this.app.sync.press("Enter");
    await expect(this.dialog).toBeVisible();
  }

  async close(): Promise<void> {
    await this.dialog.getByRole("button", { name: /^Close/ }).click();
    await expect(this.dialog).toBeHidden();
  }

  /** The edit of a record that gave way: by its role, which the company follows. */
  of(title: string): Locator {
    return this.dialog.getByRole("region", { name: new RegExp(`^${title}( at |, |$)`) });
  }

  /** Compares a field: what was typed here with what stands there now. */
  async expectField(title: string, field: string, mine: string, theirs: string): Promise<void> {
    const row = this.of(title).getByRole("row").filter({ has: this.app.page.getByRole("rowheader", { name: field }) });
    await expect(row.getByRole("cell")).toHaveText([mine, theirs]);
  }

  async useMine(title: string): Promise<void> {
    await this.of(title).getByRole("button", { name: "Use mine" }).click();
  }

  async keepTheirs(title: string): Promise<void> {
    await this.of(title).getByRole("button", { name: "Keep theirs" }).click();
  }

  /** Takes a deletion back that waits. */
  async undo(title: string): Promise<void> {
    await this.waiting.filter({ hasText: title }).getByRole("button", { name: "Undo" }).click();
  }
}
