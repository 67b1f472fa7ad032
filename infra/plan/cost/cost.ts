/** What the stack is asked to bear, on average over the month. */
export interface Load {
  readonly eventsPerSecond: number;
  readonly eventBytes: number;
}

/** What one resource costs by one meter. */
export interface CostLine {
  /** Pulumi's type and name: `eventhub:Namespace event-hubs`. */
  readonly resource: string;
  readonly meter: string;
  /** A month, in `unit`s. */
  readonly quantity: number;
  readonly unit: string;
  /** US dollars for one unit. */
  readonly price: number;
  /** US dollars a month. */
  readonly monthly: number;
  /** Whether the price is Microsoft's own word. */
  readonly firstHand: boolean;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  /** US dollars a month. */
  readonly total: number;
}
