import process from "node:process";
import { secondHost } from "./service-names.ts";
import type { Supervisor } from "./supervisor.ts";

/** The message of the launcher to the managed identity and to the Functions hosts, over their IPC channels. */
interface IdentityHeaderMessage {
  readonly identityHeader: string;
}

/**
 * The platform rotates the value of IDENTITY_HEADER: the endpoint refuses the old one from now on, and the environment
 * of the app's process has the new one. Whether Azure changes it in a process that runs is not known
 * (docs/azure-truth.md).
 */
export function rotateIdentityHeader(supervisor: Supervisor, identityHeader: string): void {
  const message: IdentityHeaderMessage = { identityHeader };
  const names = ["managed-identity", "functions-host", secondHost];
  supervisor.inform(message, { IDENTITY_HEADER: identityHeader }, names);
}

/** Calls the listener with each new value that the parent process tells. */
export function onIdentityHeader(listener: (header: string) => void): void {
  process.on("message", (message: unknown) => {
    if (typeof message !== "object" || message === null || !("identityHeader" in message)) return;
    listener((message as IdentityHeaderMessage).identityHeader);
  });
}
