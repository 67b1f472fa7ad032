/**
 * The exit code of a host that shut itself down, or whose worker it killed: EX_TEMPFAIL of sysexits.h. Azure starts
 * another one then. Any other code is an end that no new start mends.
 */
export const SHUT_DOWN_CODE = 75;
