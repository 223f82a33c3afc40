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

  /** The newest mail to `address`. It is there once the request for it was answered. */
  async newest(address: string): Promise<SignInMail> {
    const files = (await readdir(this.folder)).filter((name) => /^[^.].*\.eml$/.test(name));
    for (const file of files.toSorted().reverse()) {
      const mail = await readFile(join(this.folder, file), "utf8");
      if (/^To: (.*)$/im.exec(mail)?.[1]?.includes(address)) return read(mail);
    }
    throw new Error(`there is no mail to ${address}`);
  }
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
  const lines = mail.replaceAll("\r\n", "\n");
  const boundary = /boundary="([^"]+)"/.exec(lines)?.[1];
  const parts = boundary === undefined ? [] : lines.split(`--${boundary}`);
  const part = parts.find((part) => /^content-type: text\/plain/im.test(part));
  if (part === undefined) throw new Error(`a mail without plain text:\n${mail}`);
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
      return whole.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    }
    default:
      return text;
  }
}
