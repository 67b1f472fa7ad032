import { z } from "zod";
import { followOperation } from "./follow-operation.ts";
import { jsonOf } from "./json.ts";
import { RequestError } from "./request-error.ts";
import { type Answered, type Ask, createSend } from "./send.ts";
import { MINUTE, type World } from "./world.ts";

export interface ArmAsk extends Pick<Ask, "what" | "tryAgain" | "help"> {
  /** From `/subscriptions` on, or `/providers`. */
  readonly path: string;
  /** With `api-version`. */
  readonly query: Readonly<Record<string, string>>;
  /** When to give up, by the world's clock. Default: in five minutes. */
  readonly deadline?: number;
}

/**
 * Azure Resource Manager. Everything here throws a RequestError, which names the resource, the code and the next step.
 */
export interface Arm {
  read<T>(ask: ArmAsk, shape: z.ZodType<T>): Promise<T>;
  /** All pages of a list. */
  list<T>(ask: ArmAsk, item: z.ZodType<T>): Promise<T[]>;
  /** `PUT`, and the wait until the operation has ended. Gives what ARM answered first. */
  write(ask: ArmAsk & { readonly body: unknown }): Promise<unknown>;
}

const PUBLIC_CLOUD = "https://management.azure.com";
const PATIENCE_MS = 5 * MINUTE;

/** `getToken` is asked at each try: its caller keeps a token while it is good. */
export function createArm(world: World, getToken: () => Promise<string>): Arm {
  const send = createSend(world, getToken);

  const complete = (ask: ArmAsk): Omit<Ask, "method"> => ({
    ...ask,
    url: `${PUBLIC_CLOUD}${ask.path}?${new URLSearchParams(ask.query).toString()}`,
    deadline: ask.deadline ?? world.now() + PATIENCE_MS,
  });

  return {
    read: async (ask, shape) => parse(ask, await send({ ...complete(ask), method: "GET" }), shape),
    list: async (ask, item) => {
      const page = z.looseObject({ value: z.array(item), nextLink: z.string().nullish() });
      const all: z.output<typeof item>[] = [];
      for (let url: string | undefined = complete(ask).url; url !== undefined; ) {
        const { value, nextLink }: z.output<typeof page> = parse(
          ask,
          await send({ ...complete(ask), url, method: "GET" }),
          page,
        );
        all.push(...value);
        url = nextLink ? sameHost(ask, nextLink) : undefined;
      }
      return all;
    },
    write: async (ask) => {
      const whole: Ask = {
        ...complete(ask),
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(ask.body),
      };
      const answer = await send(whole);
      await followOperation({ world, send, checkUrl: (url) => sameHost(ask, url) }, whole, answer);
      return jsonOf(answer.text);
    },
  };
}

/** The token is for ARM: an address in an answer is followed only there. */
function sameHost({ what }: ArmAsk, url: string): string {
  if (URL.canParse(url) && new URL(url).origin === PUBLIC_CLOUD) return url;
  throw new RequestError(
    `Could not ${what}: ARM named an address that is not its own (${url}), so nothing was sent there.`,
  );
}

function parse<T>({ what }: ArmAsk, { text }: Answered, shape: z.ZodType<T>): T {
  const parsed = shape.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RequestError(
    `Could not ${what}: ARM's answer is not what its documentation says ` +
      `(${issue?.path.join(".")}: ${issue?.message}). The API may have changed: look for its version in infra/arm.`,
  );
}
