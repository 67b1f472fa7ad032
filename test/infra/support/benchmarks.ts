/** docs/benchmarks.json with round numbers, as far as the cost reads it: batches of 1 and 20. */
export function benchmarks() {
  const cost = (batch: number, bytes: number) => ({
    columns: [`an event, in batches of ${batch}`, "Headrace", "plain way", "Headrace ÷ it"],
    rows: [
      ["Event Hubs messages", 1 / batch, 1, ""],
      ["Event Hubs bytes in", bytes, 400, ""],
      ["queue operations", 0.12, 0, ""],
      ["blob operations", 0.05, 0, ""],
      ["Cosmos DB requests", 0.2, 1, ""],
      ["Cosmos DB documents created", 1 + 1 / batch, 1, ""],
      ["Cosmos DB RU", 8, 7, ""],
    ],
  });
  const ingest = (batch: number) => ({
    columns: [`batches of ${batch}`, "events/s", "CPU µs/event"],
    rows: [["Headrace", 40_000, 30]],
  });
  return {
    cost: { tables: [cost(1, 440), cost(20, 80)] },
    ingest: { tables: [ingest(1), ingest(20)] },
    stored: { tables: [{ columns: ["", "worker host, CPU µs/event"], rows: [["Headrace", 30]] }] },
  };
}
