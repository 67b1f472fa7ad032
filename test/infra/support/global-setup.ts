import { installInfra } from "../../../scripts/install-infra.ts";

export default function setup(): void {
  installInfra();
}
