import { createHash } from "node:crypto";

/** HTML that is safe to send: made by `html` from literals and escaped values. */
export interface Html {
  readonly html: string;
}

/** An answer as `endpoint.ts` sends it. */
export interface PageAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly body: Html;
  /** Runs in the page, and may ask our own API. */
  readonly script?: string;
  /** Beside the style of every page. */
  readonly style?: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Puts values into HTML. Every text is escaped; HTML made by this function is taken as it is. */
export function html(literals: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const parts = literals.map((literal, i) => (i < values.length ? literal + render(values[i] ?? "") : literal));
  return { html: parts.join("") };
}

function render(value: string | Html | readonly Html[]): string {
  if (typeof value === "string") return value.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? "");
  return "html" in value ? value.html : value.map((one) => one.html).join("\n");
}

/**
 * Contrast of at least 4.5 for text and 3 for edges, by day and by night. A name in a script that runs the other way
 * runs so within itself.
 */
const STYLE = `:root{color-scheme:light dark;--ground:#fff;--text:#1c2430;--soft:#5b6675;--link:#0b5cad;--edge:#71839b}
@media(prefers-color-scheme:dark){:root{--ground:#14181f;--text:#e4e9f0;--soft:#a3afbd;--link:#8cbdf5;--edge:#75879f}}
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:var(--text);background:var(--ground)}
h1{font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}ul{list-style:none;padding:0}li{margin:.75rem 0}small{color:var(--soft)}
strong,button{unicode-bidi:isolate;overflow-wrap:anywhere}
a,button{font:inherit;color:var(--link)}button,.choice{display:inline-block;padding:.5rem 1rem;border:1px solid var(--edge);border-radius:.4rem;background:none;text-decoration:none;cursor:pointer}
.row{display:flex;flex-wrap:wrap;gap:.75rem}[hidden]{display:none}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
pre{white-space:pre-wrap;word-break:break-all;font-size:.8rem}
input{font:inherit;width:100%;padding:.5rem;box-sizing:border-box;border:1px solid var(--edge);border-radius:.4rem;color:inherit;background:none}`;

/**
 * A whole page as an answer. It loads nothing; only our own style and script run (by their hashes); nobody may frame
 * it; and a form goes nowhere else. The referrer stays within the site. Without any, browsers send `Origin: null` with
 * our own forms.
 */
export function answerPage({ status, title, body, script, style }: Page): PageAnswer {
  const scripts = script === undefined ? html`` : { html: `<script>${script}</script>` };
  const styles = style === undefined ? html`` : { html: `<style>${style}</style>` };
  const document = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Headrace</title><style>${{ html: STYLE }}</style>${styles}</head>
<body><main><h1>${title}</h1>
${body}</main>${scripts}</body>
</html>
`;
  const policy = [
    "default-src 'none'",
    `style-src ${[STYLE, ...(style === undefined ? [] : [style])].map((text) => `'${hashOf(text)}'`).join(" ")}`,
    ...(script === undefined ? [] : [`script-src '${hashOf(script)}'`, "connect-src 'self'"]),
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    status,
    body: document.html,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy.join("; "),
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
    },
  };
}

/** Sends the browser on with a GET. */
export function redirectTo(location: string): PageAnswer {
  return { status: 303, headers: { location, "referrer-policy": "same-origin" } };
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
