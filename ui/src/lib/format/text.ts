/** A text of at most `most` letters; a longer one ends in an ellipsis. */
export function shortened(text: string, most: number): string {
  const letters = Array.from(text);
  return letters.length > most ? `${letters.slice(0, Math.max(most - 1, 1)).join('')}…` : text;
}
