/**
 * Characters that show nothing: Unicode's ignorable ones, spaces, controls, the marks around annotations, and blanks
 * that are not called spaces (a braille pattern without dots, a note without a head).
 */
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Z}\p{Cc}\ufff9-\ufffb\u2800\u{1d159}]*$/u;

/** Whether there is anything to see in a text. */
export function isVisible(text: string): boolean {
  return !INVISIBLE.test(text);
}
