import type { Locator } from "@playwright/test";
import { App } from "./app.ts";

/** `/analytics`. */
export class Analytics extends App {
  readonly tiles = this.page.locator(".tile");
  /** The list behind a figure. */
  readonly list = this.page.locator("dialog.figure-list");
  readonly lines = this.list.getByRole("listitem");
  readonly funnel = this.page.getByRole("region", { name: "How far they came" });
  readonly overTime = this.page.getByRole("region", { name: "Applications over time" });
  readonly bars = this.overTime.getByRole("slider", { name: "Applications over time" });
  readonly days = this.page.getByRole("slider", { name: "What was done each day" });
  readonly sources = this.page.getByRole("region", { name: "Where they came from" });
  readonly steps = this.page.getByRole("region", { name: "What to do next" });
  readonly report = this.page.getByRole("article");
  readonly waiting = this.page.getByRole("region", { name: "Waiting for an answer" });

  async open(query = ""): Promise<void> {
    await this.goto(`/analytics${query}`);
  }

  /** The number of a tile. */
  tile(label: string): Locator {
    return this.tiles.filter({ hasText: label }).locator(".tile-number");
  }

  period(name: string): Locator {
    return this.page.getByRole("navigation", { name: "Days" }).getByRole("link", { name, exact: true });
  }

  /** How many reached a stage. */
  reached(stage: string): Locator {
    return this.funnel.getByRole("row", { name: stage }).getByRole("cell").first();
  }
}
