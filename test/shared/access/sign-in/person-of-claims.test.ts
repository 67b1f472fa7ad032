import { expect, it } from "vitest";
import { memberIdOf } from "../../../../shared/access/documents/person.ts";
import { personOfClaims } from "../../../../shared/access/sign-in/person-of-claims.ts";

const google = { iss: "https://accounts.google.com", sub: "110169484474386276334" };
const tenant = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0";
const entra = { iss: tenant, sub: "pairwise-to-this-client", oid: "8f8c1c9c-0000-4000-8000-000000000001" };

it("a person is issuer and subject, whatever else the claims say", () => {
  const one = personOfClaims({ ...google, email: "ada@example.com", email_verified: true, name: "Ada" });
  const moved = personOfClaims({ ...google, email: "grace@example.com", name: "Grace" });
  expect(memberIdOf(one)).toBe(memberIdOf(moved));
  const other = personOfClaims({ ...google, sub: "2", email: "ada@example.com" });
  expect(memberIdOf(other)).not.toBe(memberIdOf(one));
  expect(one).toEqual({ issuer: google.iss, subject: google.sub, label: "Ada" });
});

it("at Entra a person is tenant and object id, the same for every client, and claims without an object id are refused", () => {
  const one = personOfClaims(entra);
  expect(memberIdOf(personOfClaims({ ...entra, sub: "pairwise-to-another" }))).toBe(memberIdOf(one));
  const elsewhere = { ...entra, iss: tenant.replace("72f988bf", "00000000") };
  expect(memberIdOf(personOfClaims(elsewhere))).not.toBe(memberIdOf(one));
  for (const oid of [undefined, "", 7, ["x"]]) expect(() => personOfClaims({ ...entra, oid })).toThrow("who signed in");
  // Elsewhere `oid` is a claim like any other.
  expect(personOfClaims({ ...google, oid: entra.oid }).subject).toBe(google.sub);
});

it("a name that a person chose is made fit for others to read", () => {
  const labels = ["Ada\u202e\u0000 nimda", `${"x".repeat(199)}\u{1f600}`, " \u2067 ", 7].map(
    (name) => personOfClaims({ ...google, name }).label,
  );
  expect(labels).toEqual(["Ada nimda", `${"x".repeat(199)}\ufffd`, google.sub, google.sub]);
});
