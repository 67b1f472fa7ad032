import { request as rawRequest } from "node:http";
import { BlobServiceClient } from "@azure/storage-blob";
import { describe, expect, it } from "vitest";
import { createBrowser } from "../support/browser.ts";
import { addMember, auth, enter, issuer, makeEmptyOrg, makeInvitation, REFRESH, signIn } from "../support/people.ts";
import { type Json, product } from "../support/product.ts";

// The local provider has two people, and every test has an org of its own. The page of each person depends on earlier
// tests. So each test signs a person in by an invitation, or chooses its own org from the page.

describe("signing in", () => {
  it("goes to the provider with PKCE, state and nonce, and keeps its own part in a cookie", async () => {
    const browser = createBrowser();
    const page = await browser.open(`${auth}/login?provider=local`, { stopAt: issuer });
    expect(page.status).toBe(303);
    const query = new URL(page.url).searchParams;
    expect(query.get("response_type")).toBe("code");
    expect(query.get("code_challenge_method")).toBe("S256");
    expect(query.get("redirect_uri")).toBe(`${auth}/callback/local`);
    for (const name of ["state", "nonce", "code_challenge"]) expect(query.get(name)).toMatch(/^[\w-]{43}$/);
    const [line = ""] = page.headers.getSetCookie();
    expect(line).toMatch(/^__Host-headrace-sign-in-[0-9a-f]{12}=/);
    for (const part of ["max-age=600", "path=/", "secure", "samesite=lax", "httponly"]) expect(line).toContain(part);
    expect(page.headers.get("location")).not.toContain("code_verifier");
  });

  it("ends in a session whose cookie only our own pages send, and gives a token for one org", async () => {
    const orgId = await makeEmptyOrg();
    const memberId = await addMember(orgId, "ada", "member");
    const ada = await enter("ada", orgId);
    expect(ada.memberId).toBe(memberId);
    const attributes = ada.browser.attributes(`${auth}/refresh`, REFRESH) ?? "";
    for (const part of ["path=/api/v1/auth", "secure", "samesite=strict", "httponly"])
      expect(attributes).toContain(part);
    const events = await ada.call("GET", "/api/v1/events");
    expect([events.status, events.body.events]).toEqual([200, []]);
    expect((await ada.call("GET", "/api/v1/members")).status).toBe(403);
  });

  it("lets a member of several orgs choose, once, and enters no other org", async () => {
    const [first, second, foreign] = [await makeEmptyOrg(), await makeEmptyOrg(), await makeEmptyOrg()];
    await addMember(first, "ben", "viewer");
    await addMember(second, "ben", "admin");
    const browser = createBrowser();
    const page = await signIn(browser, "ben");
    expect(page.text).toContain("Choose an org");
    for (const org of [first, second]) expect(page.text).toContain(`value="${org}"`);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const early = browser.copy();
    const wrong = await browser.post(`${auth}/choose`, { org_id: foreign });
    expect(wrong.status).toBe(403);
    expect(wrong.text).toContain("<h1>You are not a member of this org</h1>");
    const done = await browser.post(`${auth}/choose`, { org_id: second });
    expect(done.url).toBe(`${auth}/signed-in`);
    const body = JSON.parse((await browser.post(`${auth}/refresh`)).text) as Json;
    expect([body.org_id, body.role]).toEqual([second, "admin"]);
    const again = await early.post(`${auth}/choose`, { org_id: second });
    expect(again.status).toBe(400);
    expect(again.text).toContain("This sign-in is over");
  });

  it("tells a person who is not a member of any org what to do", async () => {
    const browser = createBrowser();
    // No other test makes her a member: they all share one product.
    const page = await signIn(browser, "dora");
    expect([page.status, page.headers.get("content-type")]).toEqual([403, "text/html; charset=utf-8"]);
    expect(page.text).toContain("You are not a member of any org");
    expect(page.text).toContain("Ask an admin of yours for an invitation");
    expect(browser.cookie(auth, REFRESH)).toBeUndefined();
  });

  it("tells the same to a person who was removed from their last org", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "admin");
    const ada = await enter("ada", orgId);
    const memberId = await addMember(orgId, "dora", "viewer");
    const browser = createBrowser();
    expect((await signIn(browser, "dora")).url).toBe(`${auth}/signed-in`);
    expect((await ada.call("DELETE", `/api/v1/members/${memberId}`)).status).toBe(204);
    const page = await signIn(createBrowser(), "dora");
    expect([page.status, page.text.includes("You are not a member of any org")]).toEqual([403, true]);
    expect((await browser.post(`${auth}/refresh`)).status).toBe(401);
  });

  it("tells a person who cancels at the provider that nothing has happened", async () => {
    const page = await signIn(createBrowser(), "nobody");
    expect([page.status, page.text.includes("You were not signed in")]).toEqual([400, true]);
  });

  it("returns to a path of this site, and to nothing else", async () => {
    const orgId = await makeEmptyOrg();
    const token = await makeInvitation(orgId, "viewer");
    const browser = createBrowser();
    await browser.post(`${auth}/join`, { invitation: token });
    const page = await signIn(browser, "ada", `&return_to=${encodeURIComponent("/reports?day=1#top")}`);
    expect(page.url).toBe(`${product.baseUrl}/reports?day=1#top`);

    const elsewhere = [
      ...["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example"],
      ...[
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "",
        "/a\\b",
        "/ /x",
        "/\u0000",
        "/%0d\r\nset-cookie: x=y",
      ],
      ...[
        "///evil.example",
        "http:evil.example",
        "/\u2028x",
        "https:/evil.example",
        "./x",
        "?x",
        "#x",
        "@evil.example",
      ],
      `/${"x".repeat(1_000)}`,
    ];
    for (const target of elsewhere) {
      const refused = await browser.open(`${auth}/login?provider=local&return_to=${encodeURIComponent(target)}`);
      expect([target, refused.status]).toEqual([target, 400]);
      expect(refused.text).toContain("The page to return to is not one of ours");
    }
  });

  it("comes back with `code`, at which the host reads its keys: our page answers, and the keys are in storage", async () => {
    const page = await fetch(`${auth}/callback/x?code=y`);
    expect([page.status, page.headers.get("content-type")]).toEqual([400, "text/html; charset=utf-8"]);
    const blobs = BlobServiceClient.fromConnectionString(product.env.AzureWebJobsStorage ?? "");
    const names: string[] = [];
    for await (const { name } of blobs.getContainerClient("azure-webjobs-secrets").listBlobsFlat()) names.push(name);
    expect(names.map((name) => name.split("/")[1])).toEqual(
      expect.arrayContaining(["host.json", "complete-sign-in.json"]),
    );
  });

  it("shows the configured providers, and refuses others", async () => {
    const browser = createBrowser();
    const page = await browser.open(`${auth}/login`);
    expect(page.text).toContain("/api/v1/auth/login?provider=local");
    const other = await browser.open(`${auth}/login?provider=%3Cscript%3E`);
    expect([other.status, other.text.includes("<script>")]).toEqual([400, false]);
    expect(other.text).toContain("There is no such identity provider");
  });
});

describe("attacks on signing in", () => {
  /** A sign-in up to the provider's answer, which is not taken yet. */
  async function untilAnswer(person = "ada") {
    const browser = createBrowser();
    const page = await browser.open(`${auth}/login?provider=local`);
    const answer = await browser.open(`${page.url}?person=${person}`, { stopAt: `${auth}/callback` });
    expect(answer.url).toContain("code=");
    return { browser, url: new URL(answer.url) };
  }

  it("an answer in another browser, or without its cookie, is refused: nobody can be signed in as someone else", async () => {
    const { url } = await untilAnswer();
    const victim = createBrowser();
    const page = await victim.open(url.href);
    expect([page.status, victim.cookie(auth, REFRESH)]).toEqual([400, undefined]);
    expect(page.text).toContain("This sign-in is over");
    // Nor with the cookie of a sign-in that the victim has begun.
    const own = await untilAnswer("ben");
    const mixed = await own.browser.open(url.href);
    expect([mixed.status, own.browser.cookie(auth, REFRESH)]).toEqual([400, undefined]);
  });

  it("a state that is not the cookie's is refused", async () => {
    const { browser, url } = await untilAnswer();
    for (const state of ["", "x", `${url.searchParams.get("state")}x`]) {
      const wrong = new URL(url);
      wrong.searchParams.set("state", state);
      expect((await browser.open(wrong.href)).status).toBe(400);
    }
    const without = new URL(url);
    without.searchParams.delete("state");
    expect((await browser.open(without.href)).status).toBe(400);
    expect(browser.cookie(auth, REFRESH)).toBeUndefined();
  });

  it("an answer works once: the cookie is used up, and the provider refuses the code to anyone who kept it", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "viewer");
    const { browser, url } = await untilAnswer();
    const kept = browser.copy();
    await browser.open(url.href);
    const replayed = await browser.open(url.href);
    expect([replayed.status, replayed.text.includes("This sign-in is over")]).toEqual([400, true]);
    const withCookie = await kept.open(url.href);
    expect([withCookie.status, withCookie.text.includes("You could not be signed in")]).toEqual([400, true]);
    expect(kept.cookie(auth, REFRESH)).toBeUndefined();
  });

  it("a code of another sign-in does not fit: its PKCE verifier is another", async () => {
    const [one, other] = [await untilAnswer(), await untilAnswer()];
    const injected = new URL(one.url);
    injected.searchParams.set("code", other.url.searchParams.get("code") ?? "");
    const page = await one.browser.open(injected.href);
    expect([page.status, one.browser.cookie(auth, REFRESH)]).toEqual([400, undefined]);
    expect(page.text).toContain("You could not be signed in");
  });

  it("an answer at another provider's address, or of another issuer, is refused", async () => {
    const first = await untilAnswer();
    const moved = new URL(first.url);
    moved.pathname = moved.pathname.replace("/local", "/other");
    expect((await first.browser.open(moved.href)).status).toBe(400);
    const second = await untilAnswer();
    const mixedUp = new URL(second.url);
    mixedUp.searchParams.set("iss", "https://evil.example");
    expect((await second.browser.open(mixedUp.href)).status).toBe(400);
    expect(second.browser.cookie(auth, REFRESH)).toBeUndefined();
  });

  it("a cookie that was changed is not accepted", async () => {
    const { browser, url } = await untilAnswer();
    const page = await browser.open(`${auth}/login?provider=local`, { stopAt: issuer });
    const [line = ""] = page.headers.getSetCookie();
    const [name = "", value = ""] = line.split(";")[0]?.split("=") ?? [];
    const state = new URL(page.url).searchParams.get("state") ?? "";
    const at = value.length - 20;
    browser.setCookie(auth, name, `${value.slice(0, at)}${value[at] === "A" ? "B" : "A"}${value.slice(at + 1)}`);
    const answer = new URL(url);
    answer.searchParams.set("state", state);
    expect((await browser.open(answer.href)).text).toContain("This sign-in is over");
  });

  it("a session cookie planted before the sign-in is replaced, so no session can be fixed", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "viewer");
    const attacker = await enter("ada", orgId);
    const planted = attacker.browser.cookie(auth, REFRESH) ?? "";
    const victim = createBrowser();
    victim.setCookie(auth, REFRESH, planted, "/api/v1/auth");
    await victim.post(`${auth}/join`, { invitation: await makeInvitation(orgId, "viewer") });
    await signIn(victim, "ben");
    expect(victim.cookie(auth, REFRESH)).not.toBe(planted);
    const body = JSON.parse((await victim.post(`${auth}/refresh`)).text) as Json;
    expect(body.session_id).not.toBe(attacker.sessionId);
  });

  it("a session cookie that a sibling domain plants beside ours, or alone, is not used", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "viewer");
    const [attacker, victim] = [await enter("ada", orgId), await enter("ada", orgId)];
    const planted = attacker.browser.cookie(auth, REFRESH) ?? "";
    const own = victim.browser.cookie(`${auth}/refresh`, REFRESH) ?? "";
    const send = async (path: string, cookies: string[]): Promise<[number, unknown]> => {
      const headers = { origin: product.baseUrl, cookie: cookies.join("; ") };
      const answer = await fetch(`${auth}/${path}`, { method: "POST", headers });
      const text = await answer.text();
      return [answer.status, text === "" ? undefined : (JSON.parse(text) as Json).session_id];
    };
    const session = `__Host-headrace-session=${victim.sessionId}`;
    // Planted for a longer path, it comes first; and with nothing of ours, alone.
    expect(await send("refresh", [`${REFRESH}=${planted}`])).toEqual([401, undefined]);
    expect(await send("refresh", [session, `${REFRESH}=${planted}`])).toEqual([401, undefined]);
    expect(await send("logout", [session, `${REFRESH}=${planted}`])).toEqual([204, undefined]);
    // Nor is a piece of a planted cookie one of ours: neither in a value that may hold anything, nor in a name that
    // Unicode trims.
    const claim = `__Host-headrace-session=${attacker.sessionId}`;
    for (const smuggled of [
      `x=1,${claim}`,
      `x=1, ${claim}`,
      // U+00A0 as browsers send it, in UTF-8.
      `\u00c2\u00a0${claim}`,
      `\t${claim}`,
      `x="1; ${claim.slice(1)}"`,
    ])
      expect(await send("refresh", ["a=b", smuggled, `${REFRESH}=${planted}`])).toEqual([401, undefined]);
    const both = [session, `${REFRESH}=${planted}`, `${REFRESH}=${own}`];
    expect(await send("refresh", both)).toEqual([200, victim.sessionId]);
    expect((await attacker.browser.post(`${auth}/refresh`)).status).toBe(200);
  });

  it("a Host of the attacker's choice leads nobody anywhere", async () => {
    const { port } = new URL(product.baseUrl);
    const send = (path: string, method: string): Promise<[number | undefined, string | undefined]> =>
      new Promise((resolve, reject) => {
        const headers = { host: "evil.example", origin: "http://evil.example" };
        rawRequest({ host: "127.0.0.1", port, path, method, headers }, (response) => {
          response.resume();
          resolve([response.statusCode, response.headers.location]);
        })
          .on("error", reject)
          .end();
      });
    expect(await send("/api/v1/auth/login?provider=local", "GET")).toEqual([503, undefined]);
    expect(await send("/api/v1/auth/refresh", "POST")).toEqual([403, undefined]);
    expect(await send("/api/v1/auth/logout", "POST")).toEqual([403, undefined]);
  });

  it("however many sign-ins another site makes a browser begin, its cookies stay few, and the last one completes", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "viewer");
    const browser = createBrowser();
    for (let i = 0; i < 40; i++) await browser.open(`${auth}/login?provider=local`, { stopAt: issuer });
    expect(browser.names().filter((name) => name.includes("sign-in")).length).toBeLessThanOrEqual(5);
    const page = await signIn(browser, "ada");
    expect([page.status, page.text.includes("This sign-in is over")]).toEqual([200, false]);
  });

  it("joining and choosing need a page of ours as their origin", async () => {
    const invitation = await makeInvitation(await makeEmptyOrg(), "admin");
    for (const origin of ["https://evil.example", "null", issuer, product.baseUrl.replace("http", "https")]) {
      const browser = createBrowser();
      const joined = await browser.post(`${auth}/join`, { invitation }, { origin });
      const chosen = await browser.post(`${auth}/choose`, { org_id: "x" }, { origin });
      expect([origin, joined.status, chosen.status]).toEqual([origin, 403, 403]);
    }
  });
});

describe("invitations", () => {
  it("join once: their purpose is shown before, and a second person is told that the invitation was used", async () => {
    const orgId = await makeEmptyOrg();
    const token = await makeInvitation(orgId, "admin");
    const [first, second] = [createBrowser(), createBrowser()];
    const shown = await first.post(`${auth}/join`, { invitation: ` ${token} ` });
    expect(shown.text).toContain(`You are invited to join <strong>${orgId}</strong> as admin`);
    // As it is on the link, too.
    await second.post(`${auth}/join`, { invitation: `${auth}/join#${token}` });
    await signIn(first, "ada");
    const body = JSON.parse((await first.post(`${auth}/refresh`)).text) as Json;
    expect([body.org_id, body.role]).toEqual([orgId, "admin"]);
    const late = await signIn(second, "ben");
    expect([late.status, late.text.includes("This invitation was used before")]).toEqual([400, true]);
    expect(second.cookie(auth, REFRESH)).toBeUndefined();
    const reused = await createBrowser().post(`${auth}/join`, { invitation: token });
    expect([reused.status, reused.text.includes("used before")]).toEqual([400, true]);
  });

  it("that are made up, cut short or expired are refused with what to do", async () => {
    const orgId = await makeEmptyOrg();
    const expired = await makeInvitation(orgId, "viewer", 0);
    const token = await makeInvitation(orgId, "viewer");
    const other = token.replace(orgId, await makeEmptyOrg());
    for (const invitation of [expired, token.slice(0, -1), `${token}x`, other, "x", "hri__x", "<b>"]) {
      const page = await createBrowser().post(`${auth}/join`, { invitation });
      expect([invitation, page.status]).toEqual([invitation, 400]);
      expect(page.text).toContain("This invitation is not valid");
    }
  });
});
