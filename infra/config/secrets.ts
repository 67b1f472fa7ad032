import type { Problem } from "./problem.ts";

/** What keys, passwords and connection strings look like. */
const shapes: Readonly<Record<string, RegExp>> = {
  "a connection string": /(AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd)\s*=/i,
  "a shared access signature": /[?&]sig=[A-Za-z0-9%+/]{20,}/,
  "a key of an Azure account": /(^|[^A-Za-z0-9+/])([A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)($|[^A-Za-z0-9+/=])/,
  "a client secret": /[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{30,}/,
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  "a token": /\b(eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/,
  "an API key of Headrace": /\bhr_[A-Za-z0-9_-]{20,}/,
};

/** A provider's own keys that hold a credential: the deployer signs in by `az login` or OpenID Connect. */
const CREDENTIALS = /^azure-native:(clientSecret|clientCertificate.*|oidcToken|oidcRequestToken)$/;

/** What kind of secret a text looks like, in words; undefined: none. */
export function looksLikeSecret(text: string): string | undefined {
  return Object.entries(shapes).find(([, pattern]) => pattern.test(text))?.[0];
}

/**
 * Secrets among the configuration. No setting is one: what the program is told ends up in the stack's state, encrypted
 * in the stack's file or not, and the app's secrets belong into the vault.
 */
export function findSecrets(values: Readonly<Record<string, string>>, secretKeys: readonly string[]): Problem[] {
  const plain = Object.entries(values).filter(([key]) => !secretKeys.includes(key));
  return [
    ...secretKeys
      .filter((key) => key.startsWith("headrace:"))
      .map((key) => ({ key, message: "is encrypted, and no setting is a secret: write it without --secret" })),
    ...plain.flatMap(([key, value]) => {
      if (CREDENTIALS.test(key))
        return [{ key, message: "take it out: sign in with `az login`, or with OpenID Connect in a workflow" }];
      const shape = looksLikeSecret(value);
      if (shape === undefined) return [];
      return [
        {
          key,
          message: `looks like ${shape} in plain text: put it into the vault (docs/deploy.md), and its name here`,
        },
      ];
    }),
  ];
}
