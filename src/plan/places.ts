/** A place of a template: `{{window}}`. */
export const PLACE = /\{\{\s*([a-z]+)\s*\}\}/g;

/** Whether the text has one of these places. */
export function hasPlace(text: string, names: readonly string[]): boolean {
  return [...text.matchAll(PLACE)].some(([, name = '']) => names.includes(name));
}
