import { expect, type Locator, type Page } from "@playwright/test";

/** What asks for the passphrase of this device. */
export class LockScreen {
  readonly page: Page;
  readonly title: Locator;
  readonly passphrase: Locator;
  readonly error: Locator;
  private readonly submit: Locator;
  private readonly forgotten: Locator;
  private readonly wipe: Locator;

  constructor(page: Page) {
    this.page = page;
    this.title = page.getByRole("heading", { name: "Locked" });
    this.passphrase = page.getByLabel("Passphrase");
    this.error = page.getByRole("alert");
    this.submit = page.getByRole("button", { name: "Unlock" });
    this.forgotten = page.getByRole("button", { name: "I forgot it" });
    this.wipe = page.getByRole("button", { name: "Delete it and sign in again" });
  }

  async shows(): Promise<void> {
    await expect(this.page.locator("html")).toHaveAttribute("data-hydrated", { timeout: 30_000 });
    await expect(this.title).toBeVisible();
  }

  async unlock(passphrase: string): Promise<void> {
    await this.passphrase.fill(passphrase);
    await this.submit.click();
  }

  async askToForget(): Promise<void> {
    await this.forgotten.click();
    await expect(this.wipe).toBeVisible();
  }

  async forget(): Promise<void> {
    await this.askToForget();
    await this.wipe.click();
  }
}
