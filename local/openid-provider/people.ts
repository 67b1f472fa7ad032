/** Who can sign in locally. There are no passwords: whoever can reach the provider is on this machine. */
export interface LocalPerson {
  /** `sub` */
  readonly id: string;
  readonly name: string;
}

export const people: readonly LocalPerson[] = [
  { id: "ada", name: "Ada" },
  { id: "ben", name: "Ben" },
];
