/**
 * Whether JSON text opens more than `most` lists and objects inside each other. Parsing it takes no stack, but
 * writing it again does, and so does every function that walks through it.
 */
export function nestsDeeper(text: string, most: number): boolean {
  // Every level takes an opening and a closing bracket.
  if (text.length <= 2 * most) return false;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        isText = !isText;
        break;
      case 0x5c: // \ can only stand in a text, and takes the next character with it
        at++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (!isText && ++depth > most) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (!isText) depth--;
        break;
      default:
    }
  }
  return false;
}
