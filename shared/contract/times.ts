import { z } from "zod";

/** A time in an answer. */
export const time = z.iso.datetime();

/** One for examples. */
export const at = "2026-11-29T15:42:12.012Z";
