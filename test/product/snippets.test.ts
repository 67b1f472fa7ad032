import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { type Operation, operationsIn } from "../../shared/contract/described.ts";
import { curlOf, typescriptOf } from "../../shared/contract/snippets.ts";
import type { RouteName } from "../../shared/http/routes.ts";
import { makeFolder } from "../cli/support.ts";
import { contract, createCheckAnswer, type Node } from "../support/contract.ts";
import { addMember, callAs, enter, makeEmptyOrg, makeInvitation } from "../support/people.ts";
import { makeOrg, product } from "../support/product.ts";

/* Each command and program of the reference page, as it stands there but for ids that were made here. */

interface Given {
  readonly key?: string;
  /** What stands for an example's id. */
  readonly ids?: Readonly<Record<string, unknown>>;
  /** Where it is not what the document names first. */
  readonly status?: number;
}

/** What only a browser can do by its cookies ends in the refusal that is meant for everyone else. */
const withoutCookies = { "complete-sign-in": 400, "choose-org": 400, "refresh-session": 401 } as const;

const operations = operationsIn(contract);
const check = createCheckAnswer(contract);
const claimsOf = (token: unknown) =>
  JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString()) as Node;

async function prepareEvents(): Promise<Partial<Record<RouteName, Given>>> {
  const { key, post, settled } = await makeOrg();
  const { body } = await post([{ event_id: "o-17-paid", event_type: "order_paid" }]);
  await settled(body.receipt_id);
  const names = [
    "ingest-events",
    "read-event",
    "query-events",
    "query-metrics",
    "query-ledger",
    "issue-token",
  ] as const;
  const given = Object.fromEntries(names.map((name) => [name, { key }]));
  return { ...given, "read-receipt": { key, ids: { AZ0IexampleOfAReceipt: body.receipt_id } } };
}

async function preparePeople(): Promise<Partial<Record<RouteName, Given>>> {
  const orgId = await makeEmptyOrg();
  await addMember(orgId, "ada", "admin");
  const [ben, cy] = [await addMember(orgId, "ben", "member"), await addMember(orgId, "cy", "member")];
  const [{ token: key }, { sessionId, token }] = [await enter("ada", orgId), await enter("ada", orgId)];
  const make = async (path: string, body: object) => (await callAs(key, "POST", path, body)).body;
  const makeKey = async () => {
    const { api_key } = await make("/api/v1/keys", { name: "k", scopes: ["events:write"] });
    return { key, ids: { k1: (api_key as Node).key_id } };
  };
  const { invitation } = await make("/api/v1/members", { role: "member" });
  const names = ["list-members", "invite-member", "list-keys", "create-key", "list-sessions", "query-audit"] as const;
  return {
    ...Object.fromEntries(names.map((name) => [name, { key }])),
    "change-member": { key, ids: { m1: ben } },
    "remove-member": { key, ids: { m1: cy } },
    "withdraw-invitation": { key, ids: { hri1: (invitation as Node).invitation_id } },
    "revoke-key": await makeKey(),
    "rotate-key": await makeKey(),
    "end-session": { key, ids: { s1: sessionId } },
    "revoke-token": { key, ids: { "01a2f3c4-0000-8000-8000-000000000000": claimsOf(token).jti } },
    "join-org": { ids: { hri_x: await makeInvitation(orgId, "viewer") } },
  };
}

async function prepareOperator(name: string): Promise<Partial<Record<RouteName, Given>>> {
  const key = product.operatorKey;
  const { body } = await callAs(key, "POST", "/api/v1/operator/orgs", { name: `${name}-made` });
  const ids = { acme: body.org_id };
  const plain = ["operator-list-orgs", "operator-rotate", "operator-read-state", "operator-read-versions"] as const;
  const ofOrg = ["operator-invite-admin", "operator-suspend-org", "operator-resume-org"] as const;
  return {
    ...Object.fromEntries(plain.map((each) => [each, { key }])),
    ...Object.fromEntries(ofOrg.map((each) => [each, { key, ids }])),
    "operator-repair-ledger": { key, ids },
    "operator-create-org": { key, ids: { acme: name } },
  };
}

interface Ran {
  readonly operation: Operation;
  readonly given: Given;
  readonly text: string;
}

async function prepare(name: string, textOf: (operation: Operation) => string): Promise<readonly Ran[]> {
  const given = { ...(await prepareEvents()), ...(await preparePeople()), ...(await prepareOperator(name)) };
  return operations.map((operation) => {
    const { operationId } = operation;
    const own = given[operationId as RouteName] ?? {};
    let text = textOf(operation);
    for (const [shown, id] of Object.entries(own.ids ?? {})) {
      expect(text, operationId).toContain(shown);
      text = text.replaceAll(shown, String(id));
    }
    return { operation, given: { status: withoutCookies[operationId as "choose-org"], ...own }, text };
  });
}

/** `output` has for each a line with its name, and then its status and body. */
function judge(ran: readonly Ran[], output: string): void {
  const [, ...parts] = output.split(/^== (?=[\w-]+$)/m);
  expect(parts).toHaveLength(ran.length);
  for (const [i, { operation, given, text }] of ran.entries()) {
    const { operationId: name, method, path, responses } = operation;
    const [, said, status, body = ""] = /^([\w-]+)\n(\d+) ?\n?(.*)$/s.exec(parts[i]?.trimEnd() ?? "") ?? [];
    const wanted = given.status ?? Number(Object.keys(responses)[0]);
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
  const lines = ran.map(({ operation: { operationId }, given: { key = "" }, text }) =>
    [`echo '== ${operationId}'`, `KEY='${key}'`, text, "echo"].join("\n"),
  );
  // The status first, as the programs have it.
  const curl = `curl() { command curl -o body -w '%{http_code}\\n' "$@" && cat body; }\ncd ${makeFolder()}\n: > body\n`;
  judge(ran, await run("sh", ["-euc", curl + lines.join("\n: > body\n")]));
});

it("each TypeScript program of the page is answered as the document says", async () => {
  const ran = await prepare(`typescript-${process.pid}`, typescriptOf);
  const folder = makeFolder();
  const all = ran.map(({ operation: { operationId }, given: { key = "" }, text }) => {
    writeFileSync(join(folder, `${operationId}.mts`), text);
    return `console.log("== ${operationId}"); process.env.KEY = "${key}"; await import("./${operationId}.mts");`;
  });
  writeFileSync(join(folder, "all.mts"), all.join("\n"));
  judge(ran, await run(process.execPath, [join(folder, "all.mts")]));
});
