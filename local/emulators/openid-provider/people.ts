/**
 * The people who can sign in locally. Cleo and Dora are not members of any org until someone sends an invitation. There
 * are no passwords: the provider can be reached from this machine only.
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
  { id: "dora", name: "Dora" },
];
