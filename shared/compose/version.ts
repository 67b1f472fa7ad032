/** `npm run build` puts version and build in its place, such as `0.3.0+4f2a91c0`. */
declare const HEADRACE_VERSION: string | undefined;

/** What runs, as the `version` of its package.json has it; undefined when the sources run. */
export const version: string | undefined = typeof HEADRACE_VERSION === "string" ? HEADRACE_VERSION : undefined;
