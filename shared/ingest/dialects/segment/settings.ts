import type { Edge } from "../../../http/edge.ts";
import type { Answer, Call } from "../../../http/endpoint.ts";
import { answerStart } from "../answer-start.ts";

/**
 * What Segment's SDK of pages asks for before it starts: where to send, and that there is nothing else. It is the same
 * for every key, so nobody is asked whether there is one.
 */
export function answerSettings({ request }: Pick<Call, "request">, edge: Edge): Answer {
  const { protocol, host } = new URL(edge.originOf(request));
  const own = { apiKey: request.params.write_key ?? "", apiHost: `${host}/v1`, protocol: protocol.replace(":", "") };
  const body = {
    integrations: { "Segment.io": { ...own, maybeBundledConfigIds: {}, unbundledIntegrations: [] } },
    plan: { track: { __default: { enabled: true, integrations: {} } } },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
  return answerStart(body);
}
