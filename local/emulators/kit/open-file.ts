/**
 * Opens a database; the Error of one that cannot be opened names the file and says what helps.
 *
 * @param open opens it, and looks into it
 */
export function openFile<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const isSpoiled = /not a database|malformed|unsupported file format/.test(reason);
    const help = isSpoiled ? " Put a copy of it back, or remove it: what is in it is lost then." : "";
    throw new Error(`${file} cannot be opened: ${reason}.${help}`);
  }
}
