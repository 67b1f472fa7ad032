import { headrace } from "../shared/app.ts";
import "./http/ingest-events.ts";
import "./http/query-events.ts";
import "./http/read-event.ts";
import "./http/read-receipt.ts";
import "./http/query-metrics.ts";
import "./http/query-ledger.ts";
import "./http/issue-token.ts";
import "./http/read-key-set.ts";
import "./http/read-well-known-key-set.ts";
import "./http/operator-create-org.ts";
import "./http/operator-list-orgs.ts";
import "./http/operator-suspend-org.ts";
import "./http/operator-resume-org.ts";
import "./http/operator-rotate.ts";
import "./http/operator-read-state.ts";
import "./http/live.ts";
import "./http/ready.ts";
import "./eventhub/dispatch.ts";
import "./queue/persist.ts";
import "./queue/persist-poison.ts";
import "./timer/merge-ledger.ts";
import "./timer/rotate-secrets.ts";

// Settings that are missing or wrong end the start here, and not the first request.
headrace();
