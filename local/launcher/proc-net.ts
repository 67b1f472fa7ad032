import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Finds the process of this machine that listens on a TCP port, by /proc (proc_net(5)); other users' may stay unseen.
 */
export function findLinuxListener(port: number): { pid: number; command: string } | undefined {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => readListeningInodes(path, port)));
  if (inodes.size === 0) return undefined;
  const pid = listDirectory("/proc").find((entry) => /^\d+$/.test(entry) && hasSocket(entry, inodes));
  if (!pid) return undefined;
  const command = readText(`/proc/${pid}/cmdline`).split("\0").join(" ").trim();
  return { pid: Number(pid), command };
}

/** Columns: sl, local address, remote address, state (0A = LISTEN), …, inode at index 9. */
function readListeningInodes(path: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readText(path)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => row[1]?.endsWith(suffix) && row[3] === "0A").map((row) => row[9] ?? "");
}

function hasSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  return listDirectory(`/proc/${pid}/fd`).some((fd) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    } catch {
      return false;
    }
  });
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
