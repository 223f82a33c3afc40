import { expect, type Locator } from "@playwright/test";
import { App } from "./app.ts";

/** `/today`: what to do now. */
export class Today extends App {
  /** What is asked once something is done. */
  readonly nextStep = this.page.getByLabel(/^What is next for /);
  readonly side = this.page.getByRole("complementary", { name: "Ahead" });
  readonly empty = this.page.getByRole("heading", { name: "Nothing to do yet" });

  async open(): Promise<void> {
    await this.goto("/today");
  }

  /** A part of the agenda by its name. */
  part(name: "Late" | "Today" | "Tomorrow" | "This week"): Locator {
    return this.page.getByRole("region", { name, exact: true });
  }

  /** What stands under a part: what is to be done, in order. */
  async expectItems(part: Parameters<Today["part"]>[0], titles: (string | RegExp)[]): Promise<void> {
    await expect(this.part(part).locator(".agenda-what")).toHaveText(titles);
  }

  item(title: string): Locator {
    return this.page.getByRole("listitem").filter({ has: this.page.getByText(title, { exact: true }) });
  }

  async done(title: string): Promise<void> {
    await this.page.getByRole("button", { name: `Done: ${title}`, exact: true }).click();
  }

  async later(title: string, when: RegExp): Promise<void> {
    await this.page.getByRole("button", { name: `Later: ${title}`, exact: true }).click();
    await this.page.getByRole("group", { name: "When instead" }).getByRole("button", { name: when }).click();
  }
}
