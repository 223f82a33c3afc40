import type { Browser, Page } from "@playwright/test";

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
  // The browser may still hand out a process that has just ended.
  const next = await page.context().newPage().catch(() => page.context().newPage());
  await page.close();
  return next;
}
