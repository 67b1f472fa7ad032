/** What has been accepted and has no outcome yet, of all orgs together. */
export interface Backlog {
  /** Envelopes in Event Hubs that no work item has taken up. */
  readonly envelopes_to_dispatch: number;
  /** Work items that wait or are being worked on; roughly. */
  readonly work_items: number;
  readonly measured_at: string;
}

/** Throws when the services do not answer in time. */
export type ReadBacklog = () => Promise<Backlog>;
