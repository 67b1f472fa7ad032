import type { Answer } from "../../../http/endpoint.ts";
import { answerStart } from "../answer-start.ts";

/**
 * What RudderStack's SDK of pages asks for before it starts: that its source is there, has no destinations for the
 * page to load, and wants no reports of the SDK's own errors.
 */
const body = {
  source: {
    id: "headrace",
    name: "Headrace",
    workspaceId: "headrace",
    enabled: true,
    config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
    destinations: [],
  },
};

/** The same for every key, so nobody is asked whether there is one. */
export function answerConfig(): Answer {
  return answerStart(body);
}
