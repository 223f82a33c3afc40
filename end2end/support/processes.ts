import type { Browser } from "@playwright/test";

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
