import { watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import { EMULATOR_KEY } from "@headrace/emulators/cosmos/server.ts";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { createCosmosIdentityDocuments } from "../../../../shared/access/documents/cosmos-identity-documents.ts";
import { createHasSchemas } from "../../../../shared/access/keys/has-schemas.ts";
import { createSchemaMarks } from "../../../../shared/access/keys/schema-marks.ts";
import { createCosmosRevocationStore } from "../../../../shared/access/revocations/cosmos-revocation-store.ts";
import { createRevocationWatch } from "../../../../shared/access/revocations/revocation-watch.ts";
import { createRevoke } from "../../../../shared/access/revocations/revocations.ts";
import { createOrgStates } from "../../../../shared/org/org-states.ts";
import { connectCosmos } from "../../../../shared/store/cosmos.ts";
import { connectKeys } from "../../../support/connect-keys.ts";
import { type CosmosAccount, startCosmosAccount } from "../../../support/cosmos-account.ts";
import { createTestIdentity } from "../../../support/test-identity.ts";

const SECOND = 1_000;
const AWAY = { status: 503, headers: {}, body: "{}" };
const clock = { now: Date.now() };
const now = () => clock.now;
let account: CosmosAccount;
let away: readonly string[];
/** How often an org's identity was asked for. */
let asked: number;
let orgId: string;

beforeEach(async () => {
  [away, asked] = [[], 0];
  const gate = watchRequests(({ container }) => (container === "identity" ? asked++ : asked), {
    enter: async ({ route }) => (away.includes(route.container ?? "") ? AWAY : undefined),
  });
  account = await startCosmosAccount({ gate });
  const identity = createTestIdentity(createCosmosIdentityDocuments(account.cosmos.containers.identity));
  orgId = await identity.makeOrg();
  await identity.makeApiKey(orgId);
});

function startInstance() {
  const cosmos = connectCosmos({ endpoint: account.endpoint, key: EMULATOR_KEY }, () => {
    throw new Error("it has a key");
  });
  onTestFinished(() => cosmos.close());
  const { identity, control } = cosmos.containers;
  const store = createCosmosRevocationStore(control, now);
  const revocations = createRevocationWatch(store, { pollMs: 10 * SECOND, now });
  const { readState } = connectKeys(identity, now);
  const states = createOrgStates(readState, { rules: { refreshMs: 900 * SECOND, now } });
  revocations.onKeysChanged((changed) => states.find(changed)?.expire());
  const revoke = createRevoke(store, { keepMs: 3_600 * SECOND });
  const documents = createCosmosIdentityDocuments(identity);
  return {
    has: createHasSchemas({ states, revocations }, { now }),
    marks: createSchemaMarks({ documents, revoke, now }),
  };
}

it("an instance that knows an org hears within 30 seconds that it has schemas, and asks nothing meanwhile", async () => {
  const [one, other] = [startInstance(), startInstance()];
  expect([await one.has(orgId), await other.has(orgId)]).toEqual([false, false]);
  expect(await one.marks.isMarked(orgId)).toBe(false);
  await one.marks.mark(orgId);
  await one.marks.mark(orgId);
  expect(await other.marks.isMarked(orgId)).toBe(true);
  asked = 0;
  expect(await other.has(orgId)).toBe(false);
  expect(asked).toBe(0);
  clock.now += 30 * SECOND;
  expect([await one.has(orgId), await other.has(orgId)]).toEqual([true, true]);
});

it("while the store is away, it is what was known before; nobody else can tell", async () => {
  const { has, marks } = startInstance();
  await marks.mark(orgId);
  expect(await has(orgId)).toBe(true);
  away = ["identity", "control"];
  clock.now += 1_000 * SECOND;
  expect(await has(orgId)).toBe(true);
  await expect(startInstance().has(orgId)).rejects.toThrow();
  clock.now += 25 * 3_600 * SECOND;
  await expect(has(orgId)).rejects.toThrow();
});

it("a state that cannot be read tells nobody", async () => {
  const { has } = startInstance();
  const item = account.cosmos.containers.identity.item("state", orgId);
  await item.replace({ ...(await item.read()).resource, has_schemas: "perhaps" });
  await expect(has(orgId)).rejects.toThrow("damaged");
});
