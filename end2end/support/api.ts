import { randomUUID } from "node:crypto";
import { expect, type APIRequestContext, type APIResponse } from "@playwright/test";
import type { Mailbox } from "./mailbox.ts";

export const STATUSES = [
  "Draft",
  "Applied",
  "Screening",
  "Recruiter_Call",
  "Tech_Screen",
  "Interview_Loop",
  "Offer",
  "Accepted",
  "Declined",
  "Rejected",
  "On_Hold",
  "Ghosted",
  "Withdrawn",
] as const;
export type Status = (typeof STATUSES)[number];

/** An application, as far as the tests look. */
export interface Application {
  id: string;
  version: number;
  updated_at: string;
  company: string;
  role_title: string;
  status: Status;
  status_since: string;
  archived_at: string | null;
  notes: string | null;
  next_action_due: string | null;
  [field: string]: unknown;
}

/** An activity, as far as the tests look. */
export interface Activity {
  id: string;
  application_id: string;
  version: number;
  type: string;
  status: string;
  starts_at: string | null;
  outcome: string | null;
  prep_checklist: { text: string; done: boolean }[];
  [field: string]: unknown;
}

/** A reminder, as far as the tests look. */
export interface Reminder {
  id: string;
  application_id: string;
  title: string;
  due_at: string;
  canceled_at: string | null;
  done_at: string | null;
}

/** What a reminder is made of. */
export interface NewReminder {
  title: string;
  due_at: string;
  activity_id?: string;
  channels?: string[];
}

export interface StageEvent {
  from_status: Status | null;
  to_status: Status;
  voided_at: string | null;
}

interface SyncPage {
  changes: { op: string; entity: string; row?: Application }[];
  next: string;
  has_more: boolean;
}

const BASE = "/api/v1";

/** Asks for a mail and uses its link: the session's cookie lands in the context of `request`. */
export async function signIn(request: APIRequestContext, mailbox: Mailbox, email: string): Promise<void> {
  await good(request.post(`${BASE}/auth/magic-link`, { data: { email } }));
  const { link } = await mailbox.newest(email);
  const token = new URLSearchParams(link.split("?")[1]).get("token");
  await good(request.post(`${BASE}/auth/magic-link/verify`, { data: { token } }));
}

/** A user's other device, which speaks to the server without a page. */
export class Api {
  readonly userId: string;
  private readonly request: APIRequestContext;
  private readonly csrfToken: string;

  private constructor(request: APIRequestContext, userId: string, csrfToken: string) {
    this.request = request;
    this.userId = userId;
    this.csrfToken = csrfToken;
  }

  static async of(request: APIRequestContext): Promise<Api> {
    const me = (await good(request.get(`${BASE}/auth/me`))) as { user: { id: string }; csrf_token: string };
    return new Api(request, me.user.id, me.csrf_token);
  }

  /** Makes an application; what is not given has the server's defaults. */
  async create(fields: Partial<Application> = {}): Promise<Application> {
    const data = { company: "Acme", role_title: "Engineer", ...fields };
    return (await good(this.request.post(`${BASE}/applications`, { data, headers: this.headers() }))) as Application;
  }

  /** Makes several in one status, the last on top of its column. */
  async createMany(count: number, status: Status): Promise<Application[]> {
    const made: Application[] = [];
    for (let number = 1; number <= count; number++) {
      made.push(await this.create({ company: `Company ${number}`, role_title: `Role ${number}`, status }));
    }
    return made;
  }

  async get(id: string): Promise<Application> {
    return (await good(this.request.get(`${BASE}/applications/${id}`))) as Application;
  }

  async exists(id: string): Promise<boolean> {
    const answer = await this.request.get(`${BASE}/applications/${id}`);
    expect([200, 404]).toContain(answer.status());
    return answer.ok();
  }

  /** Changes fields of whatever version there is. */
  async patch(id: string, fields: Partial<Application>): Promise<Application> {
    const { version } = await this.get(id);
    const headers = this.headers(version);
    return (await good(this.request.patch(`${BASE}/applications/${id}`, { data: fields, headers }))) as Application;
  }

  async delete(id: string): Promise<void> {
    const { version } = await this.get(id);
    await good(this.request.delete(`${BASE}/applications/${id}`, { headers: this.headers(version) }));
  }

  async stageEvents(id: string): Promise<StageEvent[]> {
    return (await good(this.request.get(`${BASE}/applications/${id}/stage-events`))) as StageEvent[];
  }

  /** Plans something for an application. */
  async plan(id: string, fields: Record<string, unknown>): Promise<Activity> {
    const path = `${BASE}/applications/${id}/activities`;
    return (await good(this.request.post(path, { data: fields, headers: this.headers() }))) as Activity;
  }

  /** Changes fields of an activity as it was when it was read. */
  async patchActivity(row: Activity, fields: Record<string, unknown>): Promise<Activity> {
    const headers = this.headers(row.version);
    return (await good(this.request.patch(`${BASE}/activities/${row.id}`, { data: fields, headers }))) as Activity;
  }

  async deleteActivity(id: string): Promise<void> {
    const row = (await good(this.request.get(`${BASE}/activities/${id}`))) as Activity;
    await good(this.request.delete(`${BASE}/activities/${id}`, { headers: this.headers(row.version) }));
  }

  /** The activities of an application, oldest first. */
  async activities(id: string): Promise<Activity[]> {
    const page = await good(this.request.get(`${BASE}/applications/${id}/activities`));
    return (page as { items: Activity[] }).items;
  }

  /** Sets a reminder of an application. */
  async remind(id: string, fields: NewReminder): Promise<Reminder> {
    const data = { application_id: id, ...fields };
    return (await good(this.request.post(`${BASE}/reminders`, { data, headers: this.headers() }))) as Reminder;
  }

  async reminder(id: string): Promise<Reminder> {
    return (await good(this.request.get(`${BASE}/reminders/${id}`))) as Reminder;
  }

  /** The reminders of the user, in the order in which they are due. */
  async reminders(): Promise<Reminder[]> {
    return ((await good(this.request.get(`${BASE}/reminders`))) as { items: Reminder[] }).items;
  }

  /** Every application of the user. */
  async all(): Promise<Application[]> {
    const rows: Application[] = [];
    let page: SyncPage | undefined;
    do {
      const params = { limit: 2000, ...(page && { since: page.next }) };
      page = (await good(this.request.get(`${BASE}/sync`, { params }))) as SyncPage;
      for (const change of page.changes) {
        if (change.op === "upsert" && change.entity === "application" && change.row) rows.push(change.row);
      }
    } while (page.has_more);
    return rows;
  }

  async settings(): Promise<Record<string, unknown> & { version: number }> {
    return (await good(this.request.get(`${BASE}/settings`))) as Record<string, unknown> & { version: number };
  }

  async patchSettings(fields: Record<string, unknown>): Promise<void> {
    const { version } = await this.settings();
    await good(this.request.patch(`${BASE}/settings`, { data: fields, headers: this.headers(version) }));
  }

  private headers(version?: number): Record<string, string> {
    return {
      "Idempotency-Key": randomUUID(),
      "X-CSRF-Token": this.csrfToken,
      ...(version !== undefined && { "If-Match": `W/"${version}"` }),
    };
  }
}

/** The body of a success; anything else fails the test. */
async function good(sent: Promise<APIResponse>): Promise<unknown> {
  const answer = await sent;
  const body = await answer.text();
  expect(answer.ok(), `${answer.url()}: ${answer.status()} ${body}`).toBe(true);
  return body === "" ? undefined : JSON.parse(body);
}
