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
  readonly errors = this.page.locator(".field-error:not(:empty)");

  async open(): Promise<void> {
    await this.goto("/settings");
  }

  /** The server took the change. */
  async expectSaved(): Promise<void> {
    await expect(this.toast("Settings saved")).toBeVisible();
    await this.toast("Settings saved").getByRole("button", { name: "Dismiss" }).click();
    await expect(this.toast("Settings saved")).toHaveCount(0);
    await this.saved();
  }
}
