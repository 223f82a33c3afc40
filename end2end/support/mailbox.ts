import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What a sign-in mail brings. */
export interface SignInMail {
  /** The link's path and query: the origin is the server's. */
  link: string;
  /** The six digits. */
  code: string;
}

/** The folder into which the server writes its mails. */
export class Mailbox {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The newest sign-in mail to `address`. It is there once the request for it was answered. */
  async newest(address: string): Promise<SignInMail> {
    const mails = await this.to(address);
    const mail = mails.findLast((mail) => !isLetter(mail));
    if (mail === undefined) throw new Error(`there is no mail to ${address}`);
    return read(mail);
  }

  /** The mails about reminders to `address`, the oldest first. */
  async letters(address: string): Promise<Letter[]> {
    const mails = await this.to(address);
    return mails.filter(isLetter).map((mail) => ({
      subject: header(mail, "Subject"),
      unsubscribe: new URL(header(mail, "List-Unsubscribe").replace(/^<|>$/g, "")).pathname,
      text: plainText(mail),
      html: part(mail, "text/html"),
      file: mail.includes("text/calendar") ? part(mail, "text/calendar") : null,
    }));
  }

  private async to(address: string): Promise<string[]> {
    const files = (await readdir(this.folder)).filter((name) => /^[^.].*\.eml$/.test(name));
    const mails = await Promise.all(files.toSorted().map((file) => readFile(join(this.folder, file), "utf8")));
    return mails.filter((mail) => /^To: (.*)$/im.exec(mail)?.[1]?.includes(address));
  }
}

/** A mail about reminders. */
export interface Letter {
  subject: string;
  /** The path at which mails of its kind are stopped. */
  unsubscribe: string;
  text: string;
  html: string;
  /** The calendar file that comes with it. */
  file: string | null;
}

function isLetter(mail: string): boolean {
  return /^List-Unsubscribe: /m.test(mail);
}

function header(mail: string, name: string): string {
  const unfolded = mail.replace(/\r\n[ \t]+/g, " ");
  return new RegExp(`^${name}: (.*)$`, "m").exec(unfolded)?.[1]?.trim() ?? "";
}

function read(mail: string): SignInMail {
  const text = plainText(mail);
  const link = /^https?:\/\/[^/\s]+(\/sign-in\/verify\?token=\S+)$/m.exec(text)?.[1];
  const code = /: (\d{6})$/m.exec(text)?.[1];
  if (link === undefined || code === undefined) throw new Error(`a mail without link or code:\n${mail}`);
  return { link, code };
}

/** The part for programs that show no HTML. */
function plainText(mail: string): string {
  return part(mail, "text/plain");
}

/** The first part of this kind. */
function part(mail: string, kind: string): string {
  const lines = mail.replaceAll("\r\n", "\n");
  const boundaries = [...lines.matchAll(/boundary="([^"]+)"/g)].map((found) => `--${found[1]}`);
  const parts = boundaries.reduce((parts, boundary) => parts.flatMap((part) => part.split(boundary)), [lines]);
  const begins = new RegExp(`^\\s*content-(type: ${kind}|disposition: attachment[^]*content-type: ${kind})`, "im");
  const part = parts.find((part) => begins.test(part.split("\n\n")[0] ?? "") && !part.includes("boundary="));
  if (part === undefined) throw new Error(`a mail without ${kind}:\n${mail}`);
  const split = part.indexOf("\n\n");
  const encoding = /^content-transfer-encoding: (.*)$/im.exec(part.slice(0, split))?.[1]?.toLowerCase();
  return decode(part.slice(split + 2), encoding);
}

function decode(text: string, encoding: string | undefined): string {
  switch (encoding) {
    case "base64":
      return Buffer.from(text, "base64").toString("utf8").replaceAll("\r\n", "\n");
    case "quoted-printable": {
      const whole = text.replace(/=\n/g, "");
      const bytes = whole.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      return Buffer.from(bytes, "latin1").toString("utf8");
    }
    default:
      return text;
  }
}
