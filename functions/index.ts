import { headrace } from "../shared/compose/app.ts";
import { logUnhandledRejections, processLog } from "../shared/telemetry/log.ts";
import "./http.ts";
import "./dispatch.ts";
import "./persist.ts";
import "./persist-bulk.ts";
import "./persist-poison.ts";
import "./do-job.ts";
import "./sweep-ledger.ts";
import "./rotate-secrets.ts";
import { keepHeaderBytes } from "../shared/http/header-bytes.ts";

keepHeaderBytes();

logUnhandledRejections(processLog);
// Settings that are missing or wrong end the start here, and not the first request.
headrace();
