import type { Browser, BrowserContext, Page } from "@playwright/test";

/** A limit, as for any wait: a new page takes less than so many milliseconds, or never comes. */
const PATIENCE_MS = 5_000;

/** Looks up the processes that run the pages of a browser. Answers what ends them, as a crash does. */
export async function pageKiller(browser: Browser): Promise<() => void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const pages = processInfo.filter(({ type }) => type === "renderer");
  return () => {
    for (const { id } of pages) {
      try {
        process.kill(id, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
  };
}

/** A page after others were killed: the browser may first hand out a process that has just ended. */
export async function freshPage(context: BrowserContext): Promise<Page> {
  for (let tries = 3; ; tries--) {
    let late: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error("no new page")), PATIENCE_MS);
    });
    try {
      return await Promise.race([context.newPage(), timeout]);
    } catch (error) {
      if (tries === 1) throw error;
    } finally {
      clearTimeout(late);
    }
  }
}

/**
 * Ends a page as a crash does, so that nothing of it goes on: what it had begun to send could
 * otherwise still arrive. Answers another page of its browser.
 */
export async function abandon(page: Page): Promise<Page> {
  const browser = page.context().browser();
  if (!browser) throw new Error("only pages of a browser of their own can be abandoned");
  // Where a worker dies with its page, the test's own connection to it may hang.
  if (page.context().serviceWorkers().length > 0) {
    await page.goto("about:blank");
    return page;
  }
  const kill = await pageKiller(browser);
  const died = page.waitForEvent("crash");
  kill();
  await died;
  const next = await freshPage(page.context());
  await page.close();
  return next;
}
