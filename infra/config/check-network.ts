import { type Cidr, contains, overlap, parseCidr } from "./cidr.ts";
import type { Problem } from "./problem.ts";
import type { Settings } from "./schema.ts";

const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** Flex takes 27 addresses for its gateways and Azure keeps 5; Microsoft says to plan 40 an app, and the size stays. */
const APP_PREFIX = 26;
/** Ten endpoints and the five addresses that Azure keeps. */
const ENDPOINT_PREFIX = 27;

/** Blocks of addresses that are none, lie outside, overlap or are too small. */
export function checkNetwork({ network }: Settings): Problem[] {
  const { addressSpace, appSubnet, endpointSubnet, appEndpoint } = network;
  const key = (name: string) => `headrace:network.${name}`;
  const blocks = [
    { key: key("addressSpace"), text: addressSpace },
    { key: key("appSubnet"), text: appSubnet },
    { key: key("endpointSubnet"), text: endpointSubnet },
    ...(appEndpoint?.from ?? []).map((text) => ({ key: key("appEndpoint.from"), text })),
  ].map((block) => ({ ...block, cidr: parseCidr(block.text) }));
  const wrong = blocks.flatMap((block) => checkBlock(block.key, block.text, block.cidr));
  const [space, app, endpoints] = blocks.map((block) => block.cidr);
  if (wrong.length > 0 || !space || !app || !endpoints) return wrong;
  return [
    ...checkSubnet(key("appSubnet"), appSubnet, app, space, APP_PREFIX),
    ...checkSubnet(key("endpointSubnet"), endpointSubnet, endpoints, space, ENDPOINT_PREFIX),
    ...(overlap(app, endpoints)
      ? [
          {
            key: key("endpointSubnet"),
            message: `${endpointSubnet} overlaps appSubnet ${appSubnet}: write another block`,
          },
        ]
      : []),
  ];
}

function checkBlock(key: string, text: string, cidr: Cidr | undefined): Problem[] {
  if (cidr === undefined)
    return [
      {
        key,
        message: `"${text}" is not a block of IPv4 addresses: write its first address and prefix, such as 10.40.0.0/22`,
      },
    ];
  if (PRIVATE.some((block) => isInside(cidr, block))) return [];
  return [{ key, message: `${text} is not private: write a block of ${PRIVATE.join(", ")}` }];
}

function isInside(cidr: Cidr, block: string): boolean {
  const outer = parseCidr(block);
  return outer !== undefined && contains(outer, cidr);
}

function checkSubnet(key: string, text: string, subnet: Cidr, space: Cidr, prefix: number): Problem[] {
  if (!contains(space, subnet))
    return [{ key, message: `${text} is outside of addressSpace: write a block inside it, or widen that` }];
  if (subnet.prefix > prefix) return [{ key, message: `${text} is too small: write a /${prefix} or larger` }];
  return [];
}
