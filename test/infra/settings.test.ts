import { expect, test } from "vitest";
import { id, read, refusals, release, upload } from "./support/stack-config.ts";

test("a complete configuration is read, with defaults that are safe in production", () => {
  expect(refusals({})).toEqual([]);
  const settings = read();
  expect(settings).toMatchObject({
    stack: "prod",
    location: "westeurope",
    subscriptionId: id,
    zones: true,
    locks: false,
    privateLinkLocations: ["westeurope"],
    app: { memoryMb: 2048 },
    keyVault: { softDeleteDays: 90 },
    eventHubs: { retentionHours: 168 },
  });
});

test("a region is taken as the portal writes it", () => {
  expect(read({ "azure-native:location": "West Europe" }).location).toBe("westeurope");
});

test("the suffix is the same for the same subscription, app and stack, and another's otherwise", () => {
  const { suffix } = read();
  expect(suffix).toMatch(/^[a-z0-9]{5}$/);
  expect(read().suffix).toBe(suffix);
  expect(read({}, { stack: "dev" }).suffix).not.toBe(suffix);
  expect(read({ "headrace:name": "other" }).suffix).not.toBe(suffix);
  expect(read({ "headrace:suffix": "abc123" }).suffix).toBe("abc123");
});

test("every problem is named at once, with the stack", () => {
  expect(() => read({ "azure-native:subscriptionId": undefined, "headrace:zones": "maybe" })).toThrow(
    /^Nothing was created: .* stack prod .*\n.*headrace:zones: write true or false\n.*azure-native:subscriptionId: write the subscription's id/s,
  );
});

test("a name that is too long only with the stack's is refused, and the answer says by how much", () => {
  expect(refusals({ "headrace:name": "twelveletter" }, { stack: "production" })).toContainEqual(
    expect.stringMatching(
      /^headrace:name: storage would be "sttwelveletterproduction.{5}", 5 too long for Azure: shorten it by 5, or the stack's name$/,
    ),
  );
});

test("a stack's name with letters that Azure would refuse is refused", () => {
  expect(refusals({}, { stack: "Prod_1" })).toContainEqual(
    expect.stringMatching(
      /^headrace:name: storage would be "stheadraceProd_1.*", and Azure takes 3 to 24 of a-z and 0-9 there/,
    ),
  );
});

test("an encrypted setting is refused: none is a secret, and the state would have it in clear", () => {
  expect(refusals({ "headrace:name": "headrace" }, { secretKeys: ["headrace:name"] })).toEqual([
    "headrace:name: is encrypted, and no setting is a secret: write it without --secret",
  ]);
});

test("a value that looks like a secret is never repeated in the answer", () => {
  const key = `${"k".repeat(86)}==`;
  expect(() => read({ "headrace:tags": { key } })).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining(key) as string }),
  );
});

test("settings of the app and identity providers that the app takes are taken", () => {
  const provider = {
    id: "entra",
    name: "Work",
    issuer: "https://login.example",
    client_id: "1",
    client_secret_name: "entra-secret",
  };
  const { app } = read({
    "headrace:app": {
      settings: { HEADRACE_AUDIT_DAYS: "30" },
      identityProviders: [provider],
      alwaysReady: { "function:dispatch": 2 },
    },
  });
  expect(app).toMatchObject({ settings: { HEADRACE_AUDIT_DAYS: "30" }, alwaysReady: { "function:dispatch": 2 } });
});

test("a file of this machine is taken instead of a release's address", () => {
  expect(read({ "headrace:release": { ...release, url: undefined, upload } }).release.upload).toEqual(upload);
});
