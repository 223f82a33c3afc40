import { expect, type CDPSession, type Locator, type Page } from "@playwright/test";

export interface Point {
  x: number;
  y: number;
}

/** One finger on the glass. Playwright's own touchscreen only taps. */
export class Finger {
  private readonly page: Page;
  private readonly session: CDPSession;
  private at: Point = { x: 0, y: 0 };

  private constructor(page: Page, session: CDPSession) {
    this.page = page;
    this.session = session;
  }

  static async of(page: Page): Promise<Finger> {
    return new Finger(page, await page.context().newCDPSession(page));
  }

  async down(at: Point): Promise<void> {
    this.at = at;
    await this.send("touchStart", [at]);
  }

  /** Moves in small steps, as a finger does. */
  async moveTo(to: Point, steps = 8): Promise<void> {
    const from = this.at;
    for (let step = 1; step <= steps; step++) {
      this.at = { x: from.x + ((to.x - from.x) * step) / steps, y: from.y + ((to.y - from.y) * step) / steps };
      await this.send("touchMove", [this.at]);
    }
  }

  async up(): Promise<void> {
    await this.send("touchEnd", []);
  }

  async swipe(from: Point, to: Point): Promise<void> {
    await this.down(from);
    await this.moveTo(to, 12);
    await this.up();
  }

  /**
   * Carries what is held over `target` by waiting at the edge of the screen, where the board
   * scrolls by itself, until enough of it can be seen.
   */
  async carryTo(target: Locator): Promise<void> {
    const width = this.page.viewportSize()?.width ?? 0;
    const seen = async () => {
      const box = await target.boundingBox();
      return box ? { left: Math.max(box.x, 0), right: Math.min(box.x + box.width, width) } : { left: 0, right: 0 };
    };
    await this.moveTo({ x: width - 8, y: this.at.y });
    await expect
      .poll(async () => (await seen()).right - (await seen()).left, { intervals: [10] })
      .toBeGreaterThan(width / 3);
    // Away from the edge, so that the board stands still.
    await this.moveTo({ x: width / 2, y: this.at.y }, 2);
    const { left, right } = await seen();
    await this.moveTo({ x: (left + right) / 2, y: this.at.y }, 2);
  }

  private async send(type: "touchStart" | "touchMove" | "touchEnd", touchPoints: Point[]): Promise<void> {
    await this.session.send("Input.dispatchTouchEvent", { type, touchPoints });
  }
}
