/**
 * Who can sign in locally; Cleo is a member of no org, until someone invites her. There are no passwords: whoever can
 * reach the provider is on this machine.
 */
export interface LocalPerson {
  /** `sub` */
  readonly id: string;
  readonly name: string;
}

export const people: readonly LocalPerson[] = [
  { id: "ada", name: "Ada" },
  { id: "ben", name: "Ben" },
  { id: "cleo", name: "Cleo" },
];
