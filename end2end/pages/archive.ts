import type { Locator } from "@playwright/test";
import { App } from "./app.ts";

/** `/archive`. */
export class Archive extends App {
  readonly empty = this.page.getByRole("heading", { name: "Nothing archived" });

  async open(): Promise<void> {
    await this.goto("/archive");
  }

  row(role: string): Locator {
    return this.page.getByRole("row").filter({ has: this.page.getByRole("link", { name: role, exact: true }) });
  }

  async restore(role: string): Promise<void> {
    await this.row(role).getByRole("button", { name: "Restore" }).click();
  }
}
