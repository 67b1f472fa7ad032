// The package brings no types, and one function of it is used.
declare module "js-yaml" {
  export function load(text: string): unknown;
}
