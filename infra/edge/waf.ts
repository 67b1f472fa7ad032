import * as cdn from "@pulumi/azure-native/cdn/index.js";
import * as frontdoor from "@pulumi/azure-native/frontdoor/index.js";
import * as pulumi from "@pulumi/pulumi";
import { nameOf, tagsOf } from "../config/names.ts";
import type { Settings } from "../config/settings.ts";
import type { Domains } from "./domains.ts";
import { blocked, customRules, managedRuleSets, masked } from "./firewall-rules.ts";
import type { FrontDoor } from "./front-door.ts";

export interface FirewallArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly frontDoor: FrontDoor;
  readonly domains: Domains;
}

/** The web application firewall, before every host name. */
export class Firewall extends pulumi.ComponentResource {
  constructor(name: string, args: FirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:edge:Firewall", name, {}, opts);
    const { settings, resourceGroupName, frontDoor, domains } = args;
    const policy = new frontdoor.Policy(
      "policy",
      {
        resourceGroupName,
        location: "Global",
        tags: tagsOf(settings),
        policyName: nameOf("firewall", settings),
        sku: { name: "Premium_AzureFrontDoor" },
        policySettings: {
          enabledState: "Enabled",
          mode: "Prevention",
          requestBodyCheck: "Enabled",
          customBlockResponseStatusCode: blocked.status,
          customBlockResponseBody: Buffer.from(JSON.stringify(blocked.body)).toString("base64"),
          state: "Enabled",
          scrubbingRules: masked,
        },
        customRules: { rules: customRules(settings.edge.ingestPerMinute) },
        managedRules: { managedRuleSets },
      },
      { parent: this },
    );
    new cdn.SecurityPolicy(
      "on-every-domain",
      {
        resourceGroupName,
        profileName: frontDoor.profileName,
        securityPolicyName: "firewall",
        parameters: {
          type: "WebApplicationFirewall",
          wafPolicy: { id: policy.id },
          associations: [
            { domains: [frontDoor.endpointId, ...domains.ids].map((id) => ({ id })), patternsToMatch: ["/*"] },
          ],
        },
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
