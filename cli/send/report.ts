import { formatTable } from "../table.ts";
import type { SendReport } from "./send-file.ts";
import type { Counts, Failure } from "./tally.ts";

const shownFailures = 10;
const shownOrgs = 60;

export const ALL_DUPLICATES =
  "Nothing new was stored: every event was a duplicate, of what was sent before or of another one in the file. An event is known by its event_id; without one, by the file's name, the line's number and its text.";

export interface ReportOptions {
  /** Whether receipts were waited for. */
  readonly waited: boolean;
  /** The name to show for an org: the one in the file may not be its id. */
  readonly labelOrg: (org: string) => string;
}

/** The summary of a send: the accepted events, their outcomes per org, and the failures with their reasons. */
export function describeReport(report: SendReport, options: ReportOptions): string {
  const total = report.tally.total();
  const seconds = report.sendingMs / 1000;
  const rate = seconds > 0 ? Math.round(total.sent / seconds) : 0;
  const stopped = report.stopped
    ? "Stopped. What was accepted stays accepted, and goes on without this command.\n"
    : "";
  const head = `${stopped}Sent ${n(total.sent)} events in ${seconds.toFixed(1)} s (${n(rate)} a second): ${n(total.accepted)} accepted, of which ${n(total.duplicateAtOnce)} duplicate and ${n(total.quarantinedAtOnce)} quarantined at once.`;
  const outcomes = options.waited ? describeOutcomes(report, options) : "";
  const duplicates = areAllDuplicates(report) ? `${ALL_DUPLICATES}\n` : "";
  return `${head}\n${outcomes}${duplicates}${describeFailures(report.tally.failures)}`;
}

/** The report for scripts: counts by org as the file names it, and every failure. */
export function reportView(report: SendReport) {
  const { tally, unsettled, stopped } = report;
  return {
    complete: isComplete(report),
    stopped,
    all_duplicates: areAllDuplicates(report),
    total: tally.total(),
    orgs: Object.fromEntries(tally.byOrg),
    unsettled: unsettled.map(({ receiptId }) => receiptId),
    failures: tally.failures,
  };
}

/** True when every line was sent and accepted, and every receipt that was waited for has settled. */
export function isComplete(report: SendReport): boolean {
  return !report.stopped && report.tally.failures.length === 0 && report.unsettled.length === 0;
}

/** True when events were accepted, and every receipt says that all of them were duplicates. */
export function areAllDuplicates({ tally }: SendReport): boolean {
  const { accepted, duplicate } = tally.total();
  return accepted > 0 && duplicate === accepted;
}

function describeOutcomes(report: SendReport, options: ReportOptions): string {
  const orgs = [...report.tally.byOrg].toSorted(([, a], [, b]) => b.sent - a.sent);
  const total = report.tally.total();
  const left = orgs.slice(shownOrgs);
  const rows = [
    ["org", "accepted", "stored", "duplicate", "quarantined", "pending", "failed"],
    ...orgs.slice(0, shownOrgs).map(([org, counts]) => toRow(options.labelOrg(org), counts)),
    ...(left.length > 0 ? [[`and ${left.length} more orgs`]] : []),
    ...(orgs.length > 1 ? [toRow("total", total)] : []),
  ];
  const pending =
    report.unsettled.length > 0
      ? `${n(total.pending)} events in ${n(report.unsettled.length)} receipts had not settled; they are accepted, and go on without this command.\n`
      : "";
  return `What became of them, ${(report.settlingMs / 1000).toFixed(1)} s later:\n\n${formatTable(rows)}\n${pending}`;
}

function toRow(label: string, counts: Counts): string[] {
  const { accepted, stored, duplicate, quarantined, pending, failed } = counts;
  return [label, ...[accepted, stored, duplicate, quarantined, pending, failed].map(n)];
}

function describeFailures(failures: readonly Failure[]): string {
  if (failures.length === 0) return "";
  const events = failures.reduce((sum, failure) => sum + failure.events, 0);
  const lines = failures.slice(0, shownFailures).map(({ where, problem }) => {
    const status = problem.status === 0 ? "" : `${problem.status} `;
    const request = problem.request_id === undefined ? "" : ` (request ${problem.request_id})`;
    return `  ${where}: ${status}${problem.code}: ${problem.detail}${request}\n`;
  });
  const more = failures.length - shownFailures;
  return `Failed${events > 0 ? `, ${n(events)} events` : ""}:\n${lines.join("")}${more > 0 ? `  and ${more} more\n` : ""}`;
}

function n(value: number): string {
  return value.toLocaleString("en-US");
}
