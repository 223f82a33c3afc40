import { expect } from "@playwright/test";
import { App } from "./app.ts";

/** `/settings`. */
export class Settings extends App {
  readonly name = this.page.getByLabel("Name", { exact: true });
  readonly timeZone = this.page.getByLabel("Time zone", { exact: true });
  readonly timeout = this.page.getByLabel("Sign out after", { exact: true });
  readonly quietFrom = this.page.getByLabel("Quiet from", { exact: true });
  readonly quietUntil = this.page.getByLabel("Quiet until", { exact: true });
  readonly noQuietHours = this.page.getByRole("button", { name: "No quiet hours" });
  readonly theme = this.page.getByLabel("Theme", { exact: true });
  readonly signOut = this.page.getByRole("button", { name: "Sign out" });
  /** Asks what becomes of edits that were not sent. */
  readonly leaving = this.page.getByRole("dialog", { name: /not sent yet/ });
  readonly keptHere = this.page.locator(".panel").filter({ hasText: "Kept on this device" });
  readonly passphrase = this.keptHere.getByLabel("Passphrase", { exact: true });
  readonly oldPassphrase = this.keptHere.getByLabel("Passphrase now", { exact: true });
  readonly newPassphrase = this.keptHere.getByLabel("New passphrase", { exact: true });
  /** Shows what is typed. */
  readonly showPassphrases = this.keptHere.getByLabel(/^Show passphrase/);
  /** Where other calendars read. */
  readonly calendar = this.page.locator("#calendar");
  readonly calendarAddress = this.calendar.getByLabel("Address", { exact: true });
  readonly errors = this.page.locator(".field-error:not(:empty)");

  async open(): Promise<void> {
    await this.goto("/settings");
  }

  async setPassphrase(passphrase: string): Promise<void> {
    await this.passphrase.fill(passphrase);
    await this.keptHere.getByRole("button", { name: "Set passphrase" }).click();
    await expect(this.toast("Passphrase set")).toBeVisible();
  }

  async changePassphrase(old: string, passphrase: string): Promise<void> {
    await this.oldPassphrase.fill(old);
    await this.newPassphrase.fill(passphrase);
    await this.keptHere.getByRole("button", { name: "Change passphrase" }).click();
  }

  async removePassphrase(old: string): Promise<void> {
    await this.oldPassphrase.fill(old);
    await this.keptHere.getByRole("button", { name: "Remove passphrase" }).click();
  }

  /** The server took the change. */
  async expectSaved(): Promise<void> {
    await expect(this.toast("Settings saved")).toBeVisible();
    await this.toast("Settings saved").getByRole("button", { name: "Dismiss" }).click();
    await expect(this.toast("Settings saved")).toHaveCount(0);
    await this.saved();
  }
}
