import type { Recorded } from "./exchange.ts";
import type { Recording } from "./record.ts";
import type { RecordedCommand } from "./run-commands.ts";

/** Lines that say how recording `b` differs from `a`; none when they are the same. */
export function compareRecordings(a: Recording, b: Recording): string[] {
  return [
    ...comparePlaces(flattenRequests(a.requests), flattenRequests(b.requests)),
    ...comparePlaces(flattenCommands(a.commands), flattenCommands(b.commands)),
  ];
}

/** The values by place, such as `list-keys: header date`. */
type Places = ReadonlyMap<string, string>;

function flattenRequests(requests: readonly Recorded[]): Places {
  return new Map(
    requests.flatMap(({ name, request, status, headers, body }, index) => [
      [`${name}: place in the list after`, requests[index - 1]?.name ?? "(first)"] as const,
      [`${name}: request`, request] as const,
      [`${name}: status`, String(status)] as const,
      ...Object.entries(headers).map(
        ([header, value]) => [`${name}: header ${header}`, [value].flat().join("\n")] as const,
      ),
      [`${name}: body`, body] as const,
    ]),
  );
}

function flattenCommands(commands: readonly RecordedCommand[]): Places {
  return new Map(
    commands.flatMap(({ command, exitCode, stdout, stderr }) => [
      [`${command}: exit code`, String(exitCode)] as const,
      [`${command}: stdout`, stdout] as const,
      [`${command}: stderr`, stderr] as const,
    ]),
  );
}

function comparePlaces(a: Places, b: Places): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((place) => {
    const [before, after] = [a.get(place), b.get(place)];
    if (before === after) return [];
    return [place, ...listLines("-", before, after), ...listLines("+", after, before)];
  });
}

/** The lines of one side that the other one does not have. */
function listLines(sign: string, text: string | undefined, other: string | undefined): string[] {
  const others = new Set(other?.split("\n"));
  const lines = text === undefined || text === "" ? ["(nothing)"] : text.split("\n");
  const own = lines.filter((line) => !others.has(line));
  return (own.length === 0 ? ["(other lines or another order)"] : own).map((line) => `  ${sign} ${line}`);
}
