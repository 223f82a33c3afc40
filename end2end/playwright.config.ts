import { defineConfig, devices } from "@playwright/test";
import type { WorkerOptions } from "./support/test.ts";

const desktop = {
  ...devices["Desktop Chrome"],
  viewport: { width: 1280, height: 800 },
};

export default defineConfig<object, WorkerOptions>({
  testDir: "specs",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 2,
  // The second try is for its trace: what passes only then must pass several times more (scripts/test.sh).
  retries: process.env["CI"] ? 1 : 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["./support/summary.ts"]],
  use: {
    // A trace makes a test nearly twice as long; what fails is traced when it is tried again.
    trace: "on-first-retry",
    screenshot: "only-on-failure",
    actionTimeout: 10_000,
    navigationTimeout: 20_000,
    // A worker's requests pass by the tests that stand between page and server (`page.route`).
    serviceWorkers: "block",
    locale: "en-GB",
    // Not the zone that an account starts with (Africa/Lagos): what shows must be the account's.
    timezoneId: "America/St_Johns",
    launchOptions: {
      executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "sqlite", use: { ...desktop, engine: "sqlite" } },
    {
      name: "postgres",
      testMatch: "board.spec.ts",
      use: { ...desktop, engine: "postgres" },
    },
  ],
});
