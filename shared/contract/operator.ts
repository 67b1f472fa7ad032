import { z } from "zod";
import { type NewOrgView, newOrgSchema, type OrgView } from "../operator/manage-orgs.ts";
import { ownSecretNames } from "../operator/own-secrets.ts";
import type { ServiceState } from "../operator/read-state.ts";
import type { DeprecatedView } from "../operator/read-versions.ts";
import { type RepairView, repairSchema } from "../operator/repair-ledger.ts";
import { type RotationView, rotateSchema } from "../operator/rotate.ts";
import { timerNames } from "../operator/timer-runs.ts";
import { backlog } from "./events.ts";
import { type Operation, shapeOf } from "./operation.ts";
import { at, time } from "./times.ts";

const org = shapeOf<OrgView>()(z.object({ org_id: z.string(), name: z.string(), created_at: time })).meta({
  id: "Org",
});
const invitation = z.object({ token: z.string(), expires_at: time });
const linked = invitation.extend({ link: z.string() });
const apiKey = z.object({ key_id: z.string(), key: z.string(), scopes: z.array(z.string()) });
shapeOf<NewOrgView>()(org.extend({ api_key: apiKey, invitation }));
const suspended = z.object({ org_id: z.string(), suspended: z.boolean() });
const suspension = (is: boolean) =>
  ({
    about: "operator",
    example: { org_id: "acme" },
    replies: {
      200: {
        says: `It is ${is ? "" : "not "}suspended`,
        schema: suspended,
        example: { org_id: "acme", suspended: is },
      },
    },
    codes: ["org_not_found"],
  }) as const satisfies Operation;
const repair = shapeOf<RepairView>()(
  z.object({
    org_id: z.string(),
    slot: z.string(),
    entries: z.int(),
    counted: z.int(),
    missing: z.string().nullable(),
    result: z.enum(["adds_up", "old", "left", "mended"]),
    reason: z.string().nullable(),
  }),
);
const rotation = shapeOf<RotationView>()(
  z.object({
    secret: z.enum(ownSecretNames),
    version: z.string().nullable().describe("Null when the named version had been replaced already"),
    in_effect_at: time.nullable(),
    disabled: z.array(z.string()),
  }),
);
const state = shapeOf<ServiceState>()(
  z.object({
    secrets: z.array(
      z.object({
        secret: z.string(),
        versions: z.array(
          z.object({
            version: z.string(),
            status: z.enum(["next", "signing", "retiring", "disabled", "foreign"]),
            created_at: time,
            in_effect_at: time,
            ends_at: time.nullable(),
          }),
        ),
      }),
    ),
    pipeline: backlog.nullable(),
    timers: z
      .array(z.object({ timer: z.enum(timerNames), last_run_at: time.nullable(), age_seconds: z.int().nullable() }))
      .nullable(),
    newer_formats: z.array(z.object({ format: z.string(), version: z.int(), last_seen_at: time })).nullable(),
  }),
);

const deprecated = shapeOf<DeprecatedView>()(
  z.object({
    route: z.string(),
    method: z.string(),
    path: z.string(),
    since: z.string().describe("Since when it is deprecated, RFC 3339"),
    sunset: z.string().nullable().describe("When it ends; null while it is not decided"),
    migration: z.string().describe("The page that says how to move"),
    successor: z.string().nullable().describe("The path of what takes its place"),
    used_by: z
      .array(
        z.object({
          org_id: z.string().nullable().describe("Null where nobody says who they are"),
          last_used_on: z.string().describe("A day, UTC"),
          months: z.array(z.object({ month: z.string(), requests: z.int() })).describe("UTC, the newest first"),
        }),
      )
      .describe("At least so much: an instance that ends takes along what it counted in its last minutes"),
  }),
);

const link = { token: "hri_x", expires_at: at, link: "https://example.com/api/v1/auth/join#hri_x" };
const acme = { org_id: "acme", name: "acme", created_at: at };
const slot = "2026-11-29.0";

export const operatorOperations = {
  "operator-create-org": {
    about: "operator",
    body: { schema: newOrgSchema, example: { name: "acme" } },
    replies: {
      201: {
        says: "The org, with secrets that are shown only this once",
        schema: org.extend({ api_key: apiKey, invitation: linked }),
        example: { ...acme, api_key: { key_id: "k1", key: "hr_x_y_z", scopes: ["events:write"] }, invitation: link },
      },
    },
    codes: ["org_exists", "sign_in_unavailable"],
  },
  "operator-invite-admin": {
    about: "operator",
    example: { org_id: "acme" },
    replies: {
      201: {
        says: "The invitation",
        schema: z.object({ invitation: linked }),
        example: { invitation: link },
      },
    },
    codes: ["org_not_found", "org_has_admin", "sign_in_unavailable"],
  },
  "operator-list-orgs": {
    about: "operator",
    replies: { 200: { says: "All orgs", schema: z.object({ orgs: z.array(org) }), example: { orgs: [acme] } } },
  },
  "operator-suspend-org": suspension(true),
  "operator-resume-org": suspension(false),
  "operator-repair-ledger": {
    about: "operator",
    example: { org_id: "acme" },
    body: { schema: repairSchema, example: { slot, dry: true } },
    replies: {
      200: {
        says: "What the slot has, and what was done",
        schema: repair,
        example: {
          ...{ org_id: "acme", slot, entries: 0, counted: 0 },
          ...{ missing: null, result: "adds_up", reason: null },
        },
      },
    },
    codes: ["org_not_found"],
  },
  "operator-rotate": {
    about: "operator",
    body: { schema: rotateSchema, example: { secret: ownSecretNames[1] } },
    replies: {
      200: {
        says: "The new version",
        schema: rotation,
        example: { secret: ownSecretNames[1], version: "v2", in_effect_at: at, disabled: [] },
      },
    },
    codes: ["rotation_busy"],
  },
  "operator-read-state": {
    about: "operator",
    replies: {
      200: {
        says: "The service, as the instance that answers knows it",
        schema: state,
        example: {
          secrets: [
            {
              secret: ownSecretNames[0],
              versions: [{ version: "v1", status: "signing", created_at: at, in_effect_at: at, ends_at: null }],
            },
          ],
          ...{ pipeline: null, timers: null, newer_formats: [] },
        },
      },
    },
  },
  "operator-read-versions": {
    about: "operator",
    replies: {
      200: {
        says: "Routes that are to go, and who uses them",
        schema: z.object({ deprecated: z.array(deprecated) }),
        example: {
          deprecated: [
            {
              ...{ route: "query-events", method: "GET", path: "/api/v1/events" },
              ...{ since: "2027-01-01T00:00:00Z", sunset: "2027-07-01T00:00:00Z" },
              ...{ migration: "https://example.com/migrate-to-v2", successor: "/api/v2/events" },
              used_by: [{ org_id: "acme", last_used_on: "2027-02-03", months: [{ month: "2027-02", requests: 12 }] }],
            },
          ],
        },
      },
    },
  },
} as const satisfies Record<string, Operation>;
