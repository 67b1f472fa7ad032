export default async function program(): Promise<Record<string, unknown>> {
  return {};
}
