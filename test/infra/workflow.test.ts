import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const files = globSync(".github/**/*.yml").toSorted();
const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
const deploy = texts[files.indexOf(".github/workflows/deploy.yml")] ?? "";

describe("workflows", () => {
  it("use actions of others by their commit only", () => {
    const used = texts.flatMap((text) => [...text.matchAll(/uses: (\S+)/g)].map(([, action = ""]) => action));
    expect(used.length).toBeGreaterThan(3);
    for (const action of used) expect(action).toMatch(/^(\.\/|[\w-]+\/[\w-]+@[0-9a-f]{40}$)/);
  });

  it("have no secret, and read the repository unless a job says more", () => {
    for (const text of texts) expect(text).not.toContain("secrets.");
    expect(deploy).toMatch(/^permissions:\n {2}contents: read\n\n/m);
  });

  it("get a token for Azure only where a preview is made or a merge deployed, and not for forks", () => {
    const jobs = deploy.split(/^ {2}(?=\w+:\n)/m).slice(1);
    const withToken = jobs.filter((job) => job.includes("id-token: write")).map((job) => job.split(":")[0]);
    expect(withToken).toEqual(["preview", "deploy"]);
    expect(jobs.find((job) => job.startsWith("preview"))).toContain("head.repo.full_name == github.repository");
    expect(jobs.find((job) => job.startsWith("deploy"))).toContain("github.event_name == 'push'");
  });
});
