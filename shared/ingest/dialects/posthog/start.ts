import { AppError } from "../../../errors.ts";
import type { Answer, Call } from "../../../http/endpoint.ts";
import { answerStart } from "../answer-start.ts";

/**
 * Nothing that needs the vendor. What is not named here goes on as the page last heard of it. `surveys` is not: where
 * there are none, its script is asked for all the same.
 */
const config = {
  supportedCompression: ["gzip", "gzip-js"],
  analytics: { endpoint: "/i/v0/e/" },
  elementsChainAsString: true,
  hasFeatureFlags: false,
  autocapture_opt_out: false,
  autocaptureExceptions: false,
  captureDeadClicks: false,
  capturePerformance: false,
  conversations: false,
  errorTracking: { autocaptureExceptions: false, suppressionRules: [] },
  heatmaps: false,
  logs: { captureConsoleLogs: false },
  productTours: false,
  sessionRecording: false,
  siteApps: [],
  toolbarParams: {},
  isAuthenticated: false,
} as const;

/**
 * What PostHog's SDK of pages asks for before it starts: where to send, and that there is nothing else. It is the same
 * for every key, so nobody is asked whether there is one.
 */
export function answerPageConfig(): Answer {
  return answerStart(config);
}

/** The same as a script, which it asks for first. Throws AppError `path_not_found` for what cannot be a key. */
export function answerPageConfigScript({ request }: Pick<Call, "request">): Answer {
  const key = request.params.write_key ?? "";
  if (!/^[\w-]{1,200}$/.test(key)) throw new AppError("path_not_found", "what stands after `/array/` is no key");
  const own = JSON.stringify({ config, siteApps: [] });
  // As old as the browsers that it also comes to.
  const all = "w._POSTHOG_REMOTE_CONFIG";
  return answerStart(`(function(w){${all}=${all}||{};${all}[${JSON.stringify(key)}]=${own}})(window);\n`);
}

/** Feature flags: there are none. Its SDKs of servers ask too. */
export function answerNoFlags(): Answer {
  const none = { flags: {}, featureFlags: {}, featureFlagPayloads: {}, errorsWhileComputingFlags: false };
  return { status: 200, body: none };
}
