/**
 * Something that must be there, or be set up in a certain way, is not. The message is of our own words, names no host
 * and may be shown to anyone; what a service said is the cause.
 */
export class NotReadyError extends Error {}
