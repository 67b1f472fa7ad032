import { PolicyPack } from "@pulumi/policy";
import { policiesOf } from "./policies.ts";
import { topics } from "./rules.ts";

// Serves them from here on: `pulumi preview --policy-pack policy`.
new PolicyPack("headrace", { enforcementLevel: "mandatory", policies: policiesOf(topics) });
