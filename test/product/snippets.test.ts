import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { type Operation, operationsIn } from "../../shared/contract/described.ts";
import { curlOf, typescriptOf } from "../../shared/contract/snippets.ts";
import type { RouteName } from "../../shared/http/routes.ts";
import { isOperatorScope } from "../../shared/identity/roles.ts";
import { makeFolder } from "../cli/support.ts";
import { contract, createCheckAnswer, type Node } from "../support/contract.ts";
import { keepForeignBytes } from "../support/foreign-bytes.ts";
import { makeLiveJob } from "../support/live-job.ts";
import { addMember, callAs, enter, makeEmptyOrg, makeInvitation } from "../support/people.ts";
import { cosmos, product, withKey } from "../support/product.ts";

/* Each command and program of the reference page, as it stands there but for ids that were made here. */

/** What only a browser can do by its cookies ends in the refusal that is meant for everyone else. */
const withoutCookies: Readonly<Record<string, number>> = {
  ...{ "complete-sign-in": 400, "choose-org": 400, "refresh-session": 401 },
};

const operations = operationsIn(contract);
const check = createCheckAnswer(contract);

interface Made {
  readonly orgId: string;
  /** An admin's token. */
  readonly token: string;
  make(path: string, body: object): Promise<Node>;
}

async function makeAdmin(): Promise<Made> {
  const orgId = await makeEmptyOrg();
  await addMember(orgId, "ada", "admin");
  const { token } = await enter("ada", orgId);
  return { orgId, token, make: async (path, body) => (await callAs(token, "POST", path, body)).body };
}

/** What was made here for the ids that examples show, by operation. */
type Ids = Readonly<Record<string, unknown>>;

/** Two events, of which the second is not valid. */
async function makeEvents({ orgId, token, make }: Made): Promise<Ids> {
  const { receipt_id } = await make("/api/v1/events", [
    { event_id: "o-17-paid", event_type: "order_paid" },
    { event_type: "" },
  ]);
  await withKey(orgId, { key: token, keyId: "" }).settled(receipt_id);
  return { AZ0IexampleOfAReceipt: receipt_id };
}

/** The schema that the examples are about. */
async function makeSchema({ make }: Made): Promise<void> {
  const { requestBody } = operations.find(({ operationId }) => operationId === "register-schema") ?? {};
  await make("/api/v1/schemas", Object(requestBody?.content["application/json"]?.example));
}

async function makePeople({ orgId, make }: Made): Promise<Partial<Record<RouteName, Ids>>> {
  const makeKey = async () => {
    const { api_key } = await make("/api/v1/keys", { name: "k", scopes: ["events:write"] });
    return { k1: (api_key as Node).key_id };
  };
  const { invitation } = await make("/api/v1/members", { role: "member" });
  const { sessionId, token } = await enter("ada", orgId);
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Node;
  return {
    "change-member": { m1: await addMember(orgId, "ben", "member") },
    "remove-member": { m1: await addMember(orgId, "cy", "member") },
    "withdraw-invitation": { hri1: (invitation as Node).invitation_id },
    "revoke-key": await makeKey(),
    "rotate-key": await makeKey(),
    "end-session": { s1: sessionId },
    "revoke-token": { "01a2f3c4-0000-8000-8000-000000000000": claims.jti },
    ...(await makeJobs(orgId)),
    "join-org": { hri_x: await makeInvitation(orgId, "viewer") },
  };
}

/** Each as its operation finds it. One place is left for the job that an example starts. */
async function makeJobs(orgId: string): Promise<Partial<Record<RouteName, Ids>>> {
  const shown = "01930000-0000-7000-8000-000000000000";
  const make = async (place: number) => ({ [shown]: await makeLiveJob(cosmos.containers, orgId, place) });
  const [stopped, other] = [await make(1), await make(2)];
  return { "stop-job": stopped, "read-job": other, "continue-job": other };
}

/** An org that has no admin yet, and the name of one that is not there. */
async function makeOrgs(name: string): Promise<Partial<Record<RouteName, Ids>>> {
  const { body } = await callAs(product.operatorKey, "POST", "/api/v1/operator/orgs", { name: `${name}-made` });
  const names = ["invite-admin", "suspend-org", "resume-org", "repair-ledger"].map((each) => `operator-${each}`);
  const made = names.map((each) => [each, { acme: body.org_id }] as const);
  return { ...Object.fromEntries(made), ...(await makeForeign()), "operator-create-org": { acme: name } };
}

async function makeForeign(): Promise<Partial<Record<RouteName, Ids>>> {
  const names = ["operator-read-quarantined", "operator-discard-quarantined"] as const;
  const make = async (name: RouteName) => [name, { [FOREIGN]: await keepForeignBytes() }] as const;
  return Object.fromEntries(await Promise.all(names.map(make)));
}

/** As the contract's examples have it. */
const FOREIGN = "t3nU1zq4cO0m0Jb7oXx3y1H3cUu0e2l0bq5u6d5J8sE";

interface Ran {
  readonly operation: Operation;
  readonly key: string;
  readonly text: string;
}

async function prepare(name: string, textOf: (operation: Operation) => string): Promise<readonly Ran[]> {
  const made = await makeAdmin();
  const { key } = await made.make("/api/v1/keys", { name: "k", scopes: ["events:write"] });
  const ofEvents = await makeEvents(made);
  await makeSchema(made);
  const ids = { ...(await makePeople(made)), ...(await makeOrgs(name)) };
  return operations.map((operation) => {
    const { operationId, path, "x-scope": scope } = operation;
    const own = ids[operationId as RouteName] ?? (/receipt|quarantine_id/.test(path) ? ofEvents : {});
    let text = textOf(operation);
    for (const [shown, id] of Object.entries(own)) {
      expect(text, operationId).toContain(shown);
      text = text.replaceAll(shown, String(id));
    }
    const ofOrg = scope === undefined ? String(key) : made.token;
    return { operation, key: isOperatorScope(scope) ? product.operatorKey : ofOrg, text };
  });
}

/** `output` has for each a line with its name, and then its status and body. */
function judge(ran: readonly Ran[], output: string): void {
  const [, ...parts] = output.split(/^== (?=[\w-]+$)/m);
  expect(parts).toHaveLength(ran.length);
  for (const [i, { operation, text }] of ran.entries()) {
    const { operationId: name, method, path, responses } = operation;
    const [, said, status, body = ""] = /^([\w-]+)\n(\d+) ?\n?(.*)$/s.exec(parts[i]?.trimEnd() ?? "") ?? [];
    const wanted = withoutCookies[name] ?? Number(Object.keys(responses)[0]);
    expect([said, Number(status), text, body], name).toEqual([name, wanted, text, body]);
    const [contentType = "application/problem+json"] = Object.keys(responses[Number(status)]?.content ?? {});
    if (body.startsWith("{")) expect(check({ method, path, status: wanted, contentType, text: body })).toBeUndefined();
  }
}

const run = async (command: string, args: string[]) => {
  const env = { PATH: process.env.PATH ?? "", URL: product.baseUrl };
  return (await promisify(execFile)(command, args, { env, maxBuffer: 64 * 1024 * 1024 })).stdout;
};

it("each curl command of the page is answered as the document says", async () => {
  const ran = await prepare(`curl-${process.pid}`, curlOf);
  const lines = ran.map(({ operation: { operationId }, key, text }) =>
    [`echo '== ${operationId}'`, `KEY='${key}'`, text, "echo"].join("\n"),
  );
  // The status first, as the programs have it.
  const curl = `curl() { command curl -o body -w '%{http_code}\\n' "$@" && cat body; }\ncd ${makeFolder()}\n: > body\n`;
  judge(ran, await run("sh", ["-euc", curl + lines.join("\n: > body\n")]));
});

it("each TypeScript program of the page is answered as the document says", async () => {
  const ran = await prepare(`typescript-${process.pid}`, typescriptOf);
  const folder = makeFolder();
  const all = ran.map(({ operation: { operationId }, key, text }) => {
    writeFileSync(join(folder, `${operationId}.mts`), text);
    return `console.log("== ${operationId}"); process.env.KEY = "${key}"; await import("./${operationId}.mts");`;
  });
  writeFileSync(join(folder, "all.mts"), all.join("\n"));
  judge(ran, await run(process.execPath, [join(folder, "all.mts")]));
});
