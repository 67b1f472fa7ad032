import type { RequestStep, Step } from "../step.ts";

const auth = "/api/v1/auth";
const form = "application/x-www-form-urlencoded";
const ours = { origin: "{{api}}" };

function get(name: string, path: string, browser?: string): RequestStep {
  return { name, method: "GET", path: `${auth}/${path}`, ...(browser && { browser }) };
}

function post(
  name: string,
  path: string,
  { body, ...more }: Partial<RequestStep> & { readonly body?: string } = {},
): RequestStep {
  const type = body === undefined ? {} : { "content-type": form };
  const headers = { ...ours, ...type, ...more.headers };
  return { name, method: "POST", path: `${auth}/${path}`, ...more, headers, ...(body === undefined ? {} : { body }) };
}

/** A whole sign-in, up to the product's answer to the provider's parameters. */
export function signIn(browser: string, person: string, query = ""): readonly Step[] {
  const [from, to] = [`${browser}AtProvider`, `${browser}Callback`];
  const begun = get(`${browser}-begins`, `login?provider=local${query}`, browser);
  return [
    { ...begun, keep: { [from]: /^location: (.*)$/m } },
    { person, from, to },
    { name: `${browser}-comes-back`, method: "GET", path: `{{${to}}}`, browser },
  ];
}

/** Takes an access token for the browser's session, and keeps it under the browser's name with `Token` behind it. */
export function takeToken(browser: string): RequestStep {
  return post(`${browser}-refreshes`, "refresh", {
    browser,
    keep: { [`${browser}Token`]: /"access_token":"([^"]+)"/, [`${browser}Id`]: /"member_id":"([^"]+)"/ },
  });
}

const begin: readonly RequestStep[] = [
  get("login", "login"),
  get("login-return-to", "login?return_to=%2Freports%3Fday%3D1"),
  get("login-unknown-provider", "login?provider=%3Cscript%3E"),
  ...["https://evil.example", "//evil.example", "reports", "/a b", `/${"x".repeat(1_100)}`].map((target, index) =>
    get(`login-bad-return-to-${index}`, `login?provider=local&return_to=${encodeURIComponent(target)}`),
  ),
  get("callback-without-cookie", "callback/local?state=a&code=b"),
  get("callback-bare", "callback/local"),
  get("signed-in", "signed-in"),
];

const ada: readonly Step[] = [
  ...signIn("ada", "ada"),
  { ...get("ada-comes-back-again", "", "ada"), path: "{{adaCallback}}" },
  post("ada-refreshes-without-origin", "refresh", { browser: "ada", headers: { origin: [] } }),
  post("ada-refreshes-from-elsewhere", "refresh", { browser: "ada", headers: { origin: "https://evil.example" } }),
  post("refresh-without-cookie", "refresh"),
  post("refresh-garbage", "refresh", {
    headers: { cookie: "__Host-headrace-session=x; __Secure-headrace-refresh=hrr_demo_x_y" },
  }),
  takeToken("ada"),
  post("ada-refreshes-again", "refresh", { browser: "ada" }),
];

const refused: readonly Step[] = [
  ...signIn("nobody", "nobody"),
  {
    ...get("other-begins", "login?provider=local&return_to=%2Freports", "other"),
    keep: { otherState: /state=([\w-]+)/ },
  },
  get("other-comes-back-without-code", "callback/local?state={{otherState}}", "other"),
  { ...get("fifth-begins", "login?provider=local", "fifth"), keep: { fifthState: /state=([\w-]+)/ } },
  get("fifth-comes-back-elsewhere", "callback/another?state={{fifthState}}&code=x", "fifth"),
];

const ben: readonly Step[] = [
  ...signIn("ben", "ben", "&return_to=%2Freports"),
  post("choose-without-cookie", "choose", { body: "org_id=demo" }),
  post("choose-from-elsewhere", "choose", { body: "org_id=demo", browser: "ben", headers: { origin: "null" } }),
  post("choose-no-form", "choose", { body: "{}", browser: "ben", headers: { "content-type": "application/json" } }),
  post("choose-unknown-org", "choose", { body: "org_id=recorded", browser: "ben" }),
  post("choose", "choose", { body: "org_id=demo", browser: "ben" }),
  takeToken("ben"),
];

const invitation = "invitation={{firstAdmin}}";

/** Cleo becomes the first admin of the recorded org. Before, they are in none. */
export const join: readonly Step[] = [
  ...signIn("stranger", "cleo"),
  get("join-page", "join"),
  post("join-from-elsewhere", "join", { body: invitation, headers: { origin: "https://evil.example" } }),
  post("join-nothing", "join", { body: "invitation=" }),
  post("join-garbage", "join", { body: "invitation=hri_recorded_x" }),
  post("join-unknown", "join", { body: `invitation=hri_recorded_${"A".repeat(43)}` }),
  post("join-unknown-org", "join", { body: `invitation=hri_nowhere_${"A".repeat(43)}` }),
  post("join-twice-named", "join", { body: `${invitation}&${invitation}` }),
  post("join", "join", { body: "invitation=http%3A%2F%2Flocalhost%2Fjoin%23{{firstAdmin}}", browser: "cleo" }),
  ...signIn("cleo", "cleo"),
  takeToken("cleo"),
  post("join-used", "join", { body: invitation }),
];

export const signIns: readonly Step[] = [...begin, ...ada, ...refused, ...ben];

export const signOut: readonly RequestStep[] = [
  post("sign-out-without-origin", "logout", { browser: "ada", headers: { origin: [] } }),
  post("sign-out-nobody", "logout"),
  post("sign-out", "logout", { browser: "ada" }),
  post("refresh-after-sign-out", "refresh", { browser: "ada" }),
];
