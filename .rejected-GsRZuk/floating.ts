// Rejected: a lost await, `any`, a non-null assertion, and the environment read outside of config.ts.
async function send(): Promise<void> {}

export function accept(value: any): string {
  send();
  return value.name!.first ?? process.env.NAME;
}
