import type { Connection, Sender, Session } from "rhea";

/** The open links of consumers, so that each is ended once, whichever way its link, session or connection goes. */
interface Links {
  add(sender: Sender, end: () => void): void;
  endLink(sender: Sender): void;
  endSession(session: Session): void;
  endConnection(connection: Connection): void;
}

export function createLinks(): Links {
  const ends = new Map<Sender, () => void>();

  function endWhere(isMeant: (sender: Sender) => boolean): void {
    for (const [sender, end] of ends) {
      if (!isMeant(sender)) continue;
      ends.delete(sender);
      end();
    }
  }

  return {
    add: (sender, end) => ends.set(sender, end),
    endLink: (sender) => endWhere((other) => other === sender),
    endSession: (session) => endWhere((other) => other.session === session),
    endConnection: (connection) => endWhere((other) => other.connection === connection),
  };
}
