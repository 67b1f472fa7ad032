/** Printable ASCII without spaces at its ends: nearly every label, told by one look at each character. */
export function isPlainText(text: string): boolean {
  const last = text.length - 1;
  for (let i = 0; i <= last; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7e || code < 0x20 || (code === 0x20 && (i === 0 || i === last))) return false;
  }
  return true;
}
