import { expect, it } from "vitest";
import { mutate, withoutEach } from "./mutations.ts";
import { registrationOf } from "./registration.ts";
import { at } from "./registrations.ts";

const vault = registrationOf(
  "azure-native:keyvault:Vault",
  { open: false, acls: { rules: [{ to: "a" }], "a.b": 1 } },
  { protect: true },
);
const other = registrationOf("azure-native:web:WebApp", {});

it("each mutation differs in one property of one registration", () => {
  const found = [...mutate([vault, other])];
  expect(found.map(({ what }) => what)).toEqual([
    "keyvault:Vault it: protect is gone",
    "keyvault:Vault it: open: false becomes true",
    "keyvault:Vault it: open: false is gone",
    'keyvault:Vault it: acls: {"rules":[{"to":"a"}],"a.b":1} is gone',
    'keyvault:Vault it: acls.rules: [{"to":"a"}] becomes []',
    'keyvault:Vault it: acls.rules: [{"to":"a"}] is gone',
    'keyvault:Vault it: acls.rules[0]: {"to":"a"} is gone',
    'keyvault:Vault it: acls.rules[0].to: "a" becomes "ax"',
    'keyvault:Vault it: acls.rules[0].to: "a" is gone',
    "keyvault:Vault it: acls.a.b: 1 becomes 2",
    "keyvault:Vault it: acls.a.b: 1 is gone",
  ]);
  for (const { registrations } of found) {
    expect(registrations[0]).not.toEqual(vault);
    expect(registrations[1]).toBe(other);
  }
});

it("a flip of one's own chooses what is tried", () => {
  const [open, ...more] = mutate([vault, other], (value, path) =>
    path === "acls.rules[0].to" && value === "a" ? ["*"] : [],
  );
  expect(more.map(({ path }) => path)).toEqual(["acls.rules[0].to"]);
  expect(open?.path).toBe("protect");
  const [changed] = more[0]?.registrations ?? [];
  expect(changed && at(changed, "acls.rules[0].to")).toBe("*");
});

it("the recorded registrations stay as they were", () => {
  const before = structuredClone([vault, other]);
  expect([...mutate([vault, other])].length).toBeGreaterThan(0);
  expect([vault, other]).toEqual(before);
});

it("a whole resource can be missing", () => {
  expect([...withoutEach([vault, other])].map(({ registrations }) => registrations)).toEqual([[other], [vault]]);
});
