import * as cdn from "@pulumi/azure-native/cdn/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import type { FrontDoor } from "./front-door.ts";

export interface DomainsArgs {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly frontDoor: FrontDoor;
}

/** What the operator writes into DNS for a domain of theirs. */
export interface DnsRecord {
  readonly type: "TXT" | "CNAME";
  readonly name: string;
  readonly value: string;
}

/**
 * The operator's own host names, with certificates that Azure makes and renews. It makes one once the TXT record is
 * there, within 7 days; it renews by itself only where a CNAME leads straight to the endpoint
 * (articles/frontdoor/domain.md).
 */
export class Domains extends pulumi.ComponentResource {
  readonly ids: readonly pulumi.Output<string>[];
  /** What has to stand in DNS. Pulumi shows a token that Azure has renewed only after a refresh. */
  readonly records: pulumi.Output<readonly DnsRecord[]>;

  constructor(name: string, args: DomainsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("headrace:edge:Domains", name, {}, opts);
    const { settings, resourceGroupName, frontDoor } = args;
    const domains = settings.edge.domains.map(
      (hostName) =>
        new cdn.AFDCustomDomain(
          hostName,
          {
            resourceGroupName,
            profileName: frontDoor.profileName,
            customDomainName: hostName.replaceAll(".", "-"),
            hostName,
            tlsSettings: { certificateType: "ManagedCertificate", minimumTlsVersion: "TLS12" },
          },
          { parent: this },
        ),
    );
    this.ids = domains.map(({ id }) => id);
    this.records = pulumi
      .all(
        domains.map(({ hostName, validationProperties }) =>
          pulumi.all([hostName, validationProperties, frontDoor.hostName]),
        ),
      )
      .apply((all) =>
        all.flatMap(([hostName, validation, endpoint]) => recordsOf(hostName, validation?.validationToken, endpoint)),
      );
    this.registerOutputs();
  }
}

function recordsOf(hostName: string, token: string | undefined, endpoint: string): DnsRecord[] {
  return [
    { type: "TXT", name: `_dnsauth.${hostName}`, value: token ?? "" },
    { type: "CNAME", name: hostName, value: endpoint },
  ];
}
