import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { JsonSchema } from "../../../shared/schema/json-schema.ts";

export type Fits = (value: unknown) => boolean;

/** As far as the tests have them. */
const formats = { date: /^\d{4}-\d\d-\d\d$/, "date-time": /^\d{4}-\d\d-\d\dT/, ipv4: /^(\d{1,3}\.){3}\d{1,3}$/ };
const options = { strict: false, logger: false, formats } as const;

/** Checks the schema itself too. */
export function compile(schema: JsonSchema): Fits {
  return toFits(new Ajv2020(options).compile(schema));
}

const shared = new Ajv2020({ ...options, validateSchema: false });

/** For schemas by the thousand, which are right. */
export function compileFast(schema: JsonSchema): Fits {
  const fits = toFits(shared.compile(schema));
  shared.removeSchema(schema);
  return fits;
}

function toFits(validate: ValidateFunction): Fits {
  return (value) => validate(value) === true;
}
