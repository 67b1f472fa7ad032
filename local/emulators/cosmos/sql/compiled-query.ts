import type { AggregateCall } from "./aggregate.ts";
import type { Query } from "./ast.ts";
import type { Evaluator, Row } from "./evaluate.ts";

/** A query as functions over one document, which is in slot 0 of the row. */
export interface CompiledQuery {
  readonly query: Query;
  /** Visits every combination of FROM and JOIN that passes WHERE; `visit` answers false to stop. */
  expand(row: Row, visit: () => boolean): void;
  readonly project: Evaluator;
  readonly orderBy: readonly Evaluator[];
  readonly groupBy: readonly Evaluator[];
  readonly aggregates: readonly AggregateCall[];
  /** The answer is the document as it is stored. */
  readonly returnsDocument: boolean;
}
