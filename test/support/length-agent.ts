import { Agent, type ClientRequest } from "node:http";

/**
 * An agent whose requests go out with their length: OpenTelemetry's exporters for Node write theirs in chunks, also
 * without compression. As docs/migrate.md shows it to users.
 */
export class LengthAgent extends Agent {
  addRequest(request: ClientRequest, options: unknown): void {
    const chunks: Buffer[] = [];
    const end = request.end.bind(request);
    Object.assign(request, {
      write: (chunk: Buffer) => chunks.push(chunk) > 0,
      end: () => end(Buffer.concat(chunks)),
    });
    const parent = Agent.prototype as unknown as { addRequest(request: ClientRequest, options: unknown): void };
    parent.addRequest.call(this, request, options);
  }
}
