import { expect, type Locator, type Page } from "@playwright/test";
import { App } from "./app.ts";
import type { Board } from "./board.ts";

/** The app as its service worker keeps it. */
export class Installed extends App {
  /** What a page says that cannot be had without a network. */
  readonly offline: Locator;
  readonly tryAgain: Locator;
  readonly update: Locator;

  constructor(page: Page) {
    super(page);
    this.offline = page.getByText("You are offline, and nothing is kept on this device yet.");
    this.tryAgain = page.getByRole("link", { name: "Try again" });
    this.update = this.toast("A new version is ready.");
  }

  /** The worker has all that it keeps, and answers for this page. */
  async controlled(): Promise<void> {
    await this.page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
  }

  /** Opens the board, and waits until this device keeps all of it, and the worker the app. */
  async keeps(board: Board): Promise<void> {
    await board.open();
    await this.controlled();
    await board.whole();
    await board.saved();
  }

  async expectShell(shell = true): Promise<void> {
    await this.hydrated();
    const root = this.page.locator("html");
    await (shell ? expect(root).toHaveAttribute("data-shell") : expect(root).not.toHaveAttribute("data-shell"));
    await expect(this.page.locator("#placeholder")).toHaveCount(0);
  }

  /** Which build of the program runs here; none for the first. */
  build(): Promise<number | undefined> {
    return this.page.evaluate(() => (globalThis as { build?: number }).build);
  }

  /** Looks for a new version now, as the app does by and by. */
  async look(): Promise<void> {
    await this.page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
  }

  /** Counts from now on how often the app looks for a new version. */
  async countLooks(): Promise<() => Promise<number>> {
    await this.page.evaluate(() => {
      const update = ServiceWorkerRegistration.prototype.update;
      Object.assign(window, { looks: 0 });
      ServiceWorkerRegistration.prototype.update = function () {
        (window as unknown as { looks: number }).looks += 1;
        return update.call(this);
      };
    });
    return () => this.page.evaluate(() => (window as unknown as { looks: number }).looks);
  }

  /** Whether a newer worker waits for the one that is in charge. */
  waits(): Promise<boolean> {
    return this.page.evaluate(async () => (await navigator.serviceWorker.ready).waiting !== null);
  }

  /** Whatever is in a cache, by its address. */
  cached(): Promise<{ cache: string; url: string; text: string }[]> {
    return this.page.evaluate(async () => {
      const entries = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          const text = (await (await cache.match(request))?.text()) ?? "";
          entries.push({ cache: name, url: request.url, text });
        }
      }
      return entries;
    });
  }
}
