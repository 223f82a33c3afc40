import type { Page } from "@playwright/test";

const SYNC = "**/api/v1/sync*";

/** From now on the page learns nothing by itself. Answers what ends that. */
export async function keepStale(page: Page): Promise<() => Promise<void>> {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(SYNC, async (route) => {
    await held;
    await route.fallback();
  });
  return async () => {
    release();
    await page.unroute(SYNC);
  };
}
