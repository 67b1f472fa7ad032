import { once } from "node:events";
import { request } from "node:https";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { expect, test } from "vitest";
import { localIssuer } from "../../../local/emulators/managed-identity/identity.ts";
import { forgeToken, startWorld, VAULT, type World } from "./support.ts";

interface Answer {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly body: { readonly error: { readonly code: string; readonly message: string } };
}

async function ask(world: World, authorization?: string, path = "/secrets?api-version=7.6"): Promise<Answer> {
  const headers = authorization === undefined ? {} : { authorization };
  const sent = request(`${world.endpoint}${path}`, { headers });
  sent.end();
  const [response] = await once(sent, "response");
  const text = (await response.toArray()).join("");
  return { status: response.statusCode, challenge: response.headers["www-authenticate"], body: JSON.parse(text) };
}

test("a request without a token is told where to get one", async () => {
  const answer = await ask(await startWorld());
  expect(answer).toMatchObject({ status: 401, body: { error: { code: "Unauthorized" } } });
  expect(answer.challenge).toMatch(
    /^Bearer authorization="https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}", resource="https:\/\/vault\.azure\.net"$/,
  );
});

test("a token of the managed identity is accepted until it expires", async () => {
  const world = await startWorld();
  const exp = Math.floor(world.clock.now / 1000) + 60;
  const bearer = `Bearer ${await forgeToken(world.keys, { exp })}`;
  expect(await ask(world, bearer)).toMatchObject({ status: 200 });
  world.clock.now = (exp - 1) * 1000;
  expect(await ask(world, bearer)).toMatchObject({ status: 200 });
  // Although it is remembered as good.
  world.clock.now = exp * 1000;
  const answer = await ask(world, bearer);
  expect(answer).toMatchObject({ status: 401 });
  expect(answer.body.error.message).toContain("expired");
});

const hour = Math.floor(Date.now() / 1000) + 3600;
const bad: [what: string, make: (world: World) => Promise<string> | string, said: string][] = [
  [
    "for another service",
    ({ keys }) => forgeToken(keys, { aud: "https://storage.azure.com" }),
    "AKV10022: Invalid audience",
  ],
  ["for the service with a slash", ({ keys }) => forgeToken(keys, { aud: `${VAULT}/` }), "AKV10022"],
  [
    "of another issuer",
    ({ keys }) => forgeToken(keys, { iss: "https://sts.windows.net/other/" }),
    "AKV10032: Invalid issuer",
  ],
  ["that is not valid yet", ({ keys }) => forgeToken(keys, { nbf: hour }), "valid from"],
  ["without expiry", ({ keys }) => forgeToken(keys, { exp: undefined }), "exp"],
  [
    "signed with another key",
    async ({ keys }) => {
      const { privateKey } = await generateKeyPair("ES256", { extractable: true });
      return forgeToken(keys, {}, await exportJWK(privateKey));
    },
    "signature",
  ],
  [
    "signed with a symmetric key",
    () =>
      new SignJWT({ iss: localIssuer, aud: VAULT, exp: hour })
        .setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode("a key that everyone can know, of 32 bytes")),
    "Error validating token",
  ],
  [
    "signed by nobody",
    () => new UnsecuredJWT({ iss: localIssuer, aud: VAULT, exp: hour }).encode(),
    "Error validating token",
  ],
  ["that is none", () => "nonsense", "Error validating token"],
];
test.each(bad)("a token %s is refused", async (_what, make, said) => {
  const world = await startWorld();
  const answer = await ask(world, `Bearer ${await make(world)}`);
  expect(answer).toMatchObject({ status: 401, body: { error: { code: "Unauthorized" } } });
  expect(answer.body.error.message).toContain(said);
  expect(answer.challenge).toBeDefined();
});

test.each([
  ["/secrets", "api-version is missing"],
  ["/secrets?api-version=latest", "The specified version (latest) is not recognized"],
  ["/secrets?api-version=7.7", "(7.7)"],
  ["/secrets?api-version=7.6&$skiptoken=!", "$skiptoken"],
  ["/secrets?api-version=7.6&maxresults=26", "maxresults"],
  ["/secrets/a%2Fb?api-version=7.6", "invalid name"],
  [`/secrets/${"x".repeat(128)}?api-version=7.6`, "invalid name"],
])("%s is refused with a 400 that says why", async (path, said) => {
  const world = await startWorld();
  const answer = await ask(world, `Bearer ${await forgeToken(world.keys, {})}`, path);
  expect(answer).toMatchObject({ status: 400, body: { error: { code: "BadParameter" } } });
  expect(answer.body.error.message).toContain(said);
});

test.each(["7.0", "7.6", "2025-07-01", "2026-04-01"])(
  "api-version %s, which an SDK asks for, is answered",
  async (version) => {
    const world = await startWorld();
    const bearer = `Bearer ${await forgeToken(world.keys, {})}`;
    expect(await ask(world, bearer, `/secrets?api-version=${version}`)).toMatchObject({ status: 200 });
  },
);

test("a request over plain HTTP gets no answer", async () => {
  const { endpoint } = await startWorld();
  await expect(fetch(endpoint.replace("https:", "http:"))).rejects.toThrow("fetch failed");
});
