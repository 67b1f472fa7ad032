/** As in package.json. The first number is the version of the API. */
export const version = "1.0.0";
