import { assumed } from "../assumptions.ts";
import { type Charge, chargesOf } from "../charge.ts";
import { ofType } from "../planned.ts";
import type { Stack } from "../stack.ts";
import { monthly } from "../units.ts";

export function chargeKeyVault({ planned, awake }: Stack): Charge[] {
  const operations = monthly(awake * assumed("vaultOperations"));
  return ofType(planned, "keyvault:Vault").flatMap((vault) =>
    chargesOf(vault, { vaultOperations: operations / 10_000 }),
  );
}
