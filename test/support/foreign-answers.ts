const page = "<html><body><h2>Our services aren't available right now</h2></body></html>";

/** Status and body of what the firewall, the front end and the Functions host answer in the product's place. */
export const foreignAnswers: readonly (readonly [status: number, body: string])[] = [
  [408, ""],
  [429, page],
  [500, ""],
  [502, page],
  [503, ""],
  [504, page],
];
