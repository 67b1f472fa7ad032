import { request as sendRaw } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

/** Status and body of a request that fetch would not send. */
export function askRaw(
  baseUrl: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<[number | undefined, string]> {
  return new Promise((resolve, reject) => {
    const request = sendRaw(`${baseUrl}${path}`, { headers, agent: false }, (response) => {
      text(response).then((body) => resolve([response.statusCode, body]), reject);
    });
    request.on("error", reject).end();
  });
}

/** What comes back for the bytes of a request, to the end of the connection. */
export function converse(baseUrl: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(baseUrl).port), "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}
