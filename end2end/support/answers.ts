/** A problem as the server answers it, for `route.fulfill`. Without the header it would be a proxy's. */
export function problem(status: number, kind: string, detail: string, more: object = {}) {
  return {
    status,
    contentType: "application/problem+json",
    headers: { "x-job-hunt": "1" },
    json: { type: `https://errors.jobtracker.app/${kind}`, title: "It does not fit", status, detail, ...more },
  };
}
