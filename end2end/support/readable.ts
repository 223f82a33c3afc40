import { expect, type Page } from "@playwright/test";

/** A block of text as it stands on the page. */
interface Block {
  text: string;
  width: number;
  lines: number;
}

/** What nobody can read, and what lies against something else: where a rule for an older page is at work. */
interface Broken {
  squeezed: Block[];
  touching: string[];
}

/** Fewer words a line than this, over several lines, is a column that is too narrow for its text. */
const WORDS_A_LINE = 2;
/** Blocks of the page stand apart by as many pixels, or more. */
const GAP = 8;

/** Every text of the page has the width that its words need, and nothing touches a notice or an error. */
export async function expectReadable(page: Page): Promise<void> {
  const found = await page.evaluate(look, { wordsALine: WORDS_A_LINE, gap: GAP });
  expect.soft(found, page.url()).toEqual({ squeezed: [], touching: [] });
}

function look({ wordsALine, gap }: { wordsALine: number; gap: number }): Broken {
  const visible = (element: Element) =>
    element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) &&
    !element.closest(".visually-hidden") &&
    element.getBoundingClientRect().width > 1;
  // Lines of text and nothing else.
  const isText = (element: Element) =>
    ["block", "list-item"].includes(getComputedStyle(element).display) &&
    [...element.children].every((child) => getComputedStyle(child).display === "inline");
  const squeezed: Block[] = [];
  for (const element of document.querySelectorAll("h1, h2, h3, p, li, dt, dd, label, legend, .toast-text")) {
    const text = (element as HTMLElement).innerText.trim().replace(/\s+/g, " ");
    const words = text.split(" ").length;
    if (!visible(element) || !isText(element) || words < 3) continue;
    const range = document.createRange();
    range.selectNodeContents(element);
    const tops = new Set([...range.getClientRects()].map((line) => Math.round(line.bottom / 4)));
    const { width } = element.getBoundingClientRect();
    if (tops.size > 1 && words / tops.size < wordsALine) squeezed.push({ text, width, lines: tops.size });
  }
  const touching: string[] = [];
  for (const notice of document.querySelectorAll(".notice, .button-wide, .entry-form")) {
    const next = notice.nextElementSibling;
    if (!next || !visible(notice) || !visible(next)) continue;
    const [above, below] = [notice.getBoundingClientRect(), next.getBoundingClientRect()];
    const beside = below.left >= above.right || below.right <= above.left;
    if (!beside && below.top - above.bottom < gap) {
      touching.push(`${notice.className} / ${next.className}: ${Math.round(below.top - above.bottom)} px`);
    }
  }
  return { squeezed, touching };
}
